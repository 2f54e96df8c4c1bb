# streamspace_build_as_plugin(TARGET)
# How the code of a plugin is compiled and linked, for a MODULE library of yours. streamspace_add_plugin calls it.
function(streamspace_build_as_plugin target)
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so"
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${target} PRIVATE cxx_std_20)
  # A file with unique symbols stays in memory when it is unloaded.
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> -ffunction-sections -fdata-sections)
  # What is not used is not there, and what is there lies close together: a loaded plugin takes fewer pages.
  target_link_options(${target} PRIVATE LINKER:--gc-sections LINKER:-z,noseparate-code)
  target_link_libraries(${target} PRIVATE streamspace::plugin_sdk)
endfunction()

# streamspace_add_plugin(NAME [ACTORS] SOURCES file... [TEST_SOURCES file...] [MANIFEST file])
# A plugin: the target NAME builds plugins/NAME/NAME.so in the binary folder, with the manifest (manifest.json if not given) beside it, so that
# the folder plugins/NAME is one that a server loads. The SDK's functions come from the program that loads it, so nothing of them is in the file.
#
# With TEST_SOURCES, and where BUILD_TESTING is on (include(CTest) first), the program NAME_test tests the plugin without a server: it is made
# of both kinds of sources, links streamspace::testing and GoogleTest, and finds the manifest at STREAMSPACE_PLUGIN_MANIFEST.
function(streamspace_add_plugin name)
  cmake_parse_arguments(arg "ACTORS" "MANIFEST" "SOURCES;TEST_SOURCES" ${ARGN})
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "streamspace_add_plugin(${name}): it is called (NAME [ACTORS] SOURCES file... [TEST_SOURCES file...] [MANIFEST file])")
  endif()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST manifest.json)
  endif()
  cmake_path(ABSOLUTE_PATH arg_MANIFEST BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${arg_MANIFEST}")
    message(FATAL_ERROR "streamspace_add_plugin(${name}): there is no manifest ${arg_MANIFEST}")
  endif()
  file(READ "${arg_MANIFEST}" manifest)
  string(JSON named ERROR_VARIABLE fault GET "${manifest}" name)
  if(NOT named STREQUAL name)
    message(FATAL_ERROR "streamspace_add_plugin(${name}): the name in ${arg_MANIFEST} must be \"${name}\"")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/plugins/${name}")
  configure_file("${arg_MANIFEST}" "${folder}/manifest.json" COPYONLY)
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME "${name}"
    # The expression keeps generators of several configurations from adding a folder for each.
    LIBRARY_OUTPUT_DIRECTORY "$<1:${folder}>")
  streamspace_build_as_plugin(${name})
  # The SDK's headers are most of what the compiler reads.
  if(arg_ACTORS)
    target_include_directories(${name} SYSTEM PRIVATE "$<TARGET_PROPERTY:CAF::core,INTERFACE_INCLUDE_DIRECTORIES>")
    target_precompile_headers(${name} PRIVATE <streamspace/actor_plugin.hpp>)
  else()
    target_precompile_headers(${name} PRIVATE <streamspace/plugin.hpp>)
  endif()

  if(arg_TEST_SOURCES AND BUILD_TESTING)
    find_package(GTest REQUIRED)
    include(GoogleTest)
    add_executable(${name}_test ${arg_SOURCES} ${arg_TEST_SOURCES})
    target_compile_features(${name}_test PRIVATE cxx_std_20)
    target_compile_definitions(${name}_test PRIVATE STREAMSPACE_PLUGIN_MANIFEST="${arg_MANIFEST}")
    target_link_libraries(${name}_test PRIVATE streamspace::testing GTest::gmock_main)
    if(arg_ACTORS)
      target_link_libraries(${name}_test PRIVATE streamspace::actor_sdk)
    endif()
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
