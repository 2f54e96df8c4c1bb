# `streamspace plugin new` and `plugin pack`.
set(templates
  actor/CMakeLists.txt.in
  actor/manifest.json.in
  actor/src/NAME.cpp.in
  actor/src/NAME.hpp.in
  actor/tests/NAME_test.cpp.in
  common/.gitignore.in
  common/CMakeLists.txt.in
  common/README.md.in
  event/manifest.json.in
  event/src/NAME.cpp.in
  event/src/NAME.hpp.in
  event/tests/NAME_test.cpp.in
  full/manifest.json.in
  full/src/NAME.cpp.in
  full/src/NAME.hpp.in
  full/tests/NAME_test.cpp.in
  http/manifest.json.in
  http/src/NAME.cpp.in
  http/src/NAME.hpp.in
  http/tests/NAME_test.cpp.in)
set(template_folder "${CMAKE_CURRENT_SOURCE_DIR}/templates")
list(TRANSFORM templates PREPEND "${template_folder}/" OUTPUT_VARIABLE template_sources)
set(embedded_templates "${CMAKE_CURRENT_BINARY_DIR}/plugin_templates.cpp")
add_custom_command(OUTPUT "${embedded_templates}"
  COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${embedded_templates}" "-DFOLDER=${template_folder}" "-DFILES=${templates}"
          -P "${CMAKE_CURRENT_SOURCE_DIR}/embed_templates.cmake"
  DEPENDS ${template_sources} "${CMAKE_CURRENT_SOURCE_DIR}/embed_templates.cmake"
  COMMENT "Embedding the templates of plugins" VERBATIM)

add_library(streamspace_plugin_tools STATIC
  plugin_package.cpp
  plugin_project.cpp
  "${embedded_templates}")
add_library(streamspace::plugin_tools ALIAS streamspace_plugin_tools)
target_include_directories(streamspace_plugin_tools PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(streamspace_plugin_tools
  PUBLIC streamspace::messages
  PRIVATE streamspace_options streamspace::manifest streamspace::http PkgConfig::ARCHIVE PkgConfig::SODIUM)
