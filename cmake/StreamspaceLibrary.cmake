# Every header is included as <streamspace/FOLDER/NAME.hpp>, in this tree as in an installed one: the build tree holds a folder
# of links that looks like the installed include folder.
set(STREAMSPACE_INCLUDE_ROOT "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${STREAMSPACE_INCLUDE_ROOT}/streamspace")
foreach(folder messages persistence plugins http actors)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${folder}" "${STREAMSPACE_INCLUDE_ROOT}/streamspace/${folder}" SYMBOLIC)
endforeach()
file(GLOB umbrellas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/streamspace/*.hpp")
foreach(header IN LISTS umbrellas)
  cmake_path(GET header FILENAME name)
  file(CREATE_LINK "${header}" "${STREAMSPACE_INCLUDE_ROOT}/streamspace/${name}" SYMBOLIC)
endforeach()

# streamspace_library(NAME SOURCES file... [PUBLIC target...] [PRIVATE target...] [PRECOMPILE header...])
# A static library streamspace_NAME with the alias streamspace::NAME.
function(streamspace_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE;PRECOMPILE" ${ARGN})
  add_library(streamspace_${name} STATIC ${arg_SOURCES})
  add_library(streamspace::${name} ALIAS streamspace_${name})
  set_target_properties(streamspace_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_compile_features(streamspace_${name} PUBLIC cxx_std_20)
  target_include_directories(streamspace_${name} PUBLIC
    "$<BUILD_INTERFACE:${STREAMSPACE_INCLUDE_ROOT}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(streamspace_${name}
    PUBLIC ${arg_PUBLIC}
    PRIVATE $<BUILD_INTERFACE:streamspace_options> ${arg_PRIVATE})
  if(arg_PRECOMPILE)
    target_precompile_headers(streamspace_${name} PRIVATE ${arg_PRECOMPILE})
  endif()
endfunction()
