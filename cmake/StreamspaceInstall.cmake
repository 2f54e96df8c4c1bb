# What a stranger's find_package(streamspace) gets: the targets streamspace::runtime (a host program), streamspace::sdk (a plugin, without CAF
# behind it) and streamspace::actor_sdk (a plugin with actors), and the public headers.
include(CMakePackageConfigHelpers)

add_library(streamspace_sdk INTERFACE)
add_library(streamspace::sdk ALIAS streamspace_sdk)
set_target_properties(streamspace_sdk PROPERTIES EXPORT_NAME sdk)
target_link_libraries(streamspace_sdk INTERFACE streamspace_plugins)

add_library(streamspace_runtime INTERFACE)
add_library(streamspace::runtime ALIAS streamspace_runtime)
set_target_properties(streamspace_runtime PROPERTIES EXPORT_NAME runtime)
target_link_libraries(streamspace_runtime INTERFACE streamspace_actors streamspace_schedule streamspace_plugin_host)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/streamspace")
install(TARGETS streamspace_messages streamspace_plugins streamspace_plugin_sdk streamspace_sdk streamspace_testing
  EXPORT streamspace_sdk
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS streamspace_messages_caf streamspace_actor_sdk EXPORT streamspace_actors
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS
  streamspace_persistence streamspace_schedule streamspace_dependencies streamspace_manifest
  streamspace_discovery streamspace_code streamspace_plugin_host
  streamspace_actors streamspace_runtime
  EXPORT streamspace_runtime ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT streamspace_sdk NAMESPACE streamspace:: DESTINATION "${package_folder}" FILE streamspaceSdkTargets.cmake)
install(EXPORT streamspace_actors NAMESPACE streamspace:: DESTINATION "${package_folder}"
  FILE streamspaceActorsTargets.cmake)
install(EXPORT streamspace_runtime NAMESPACE streamspace:: DESTINATION "${package_folder}"
  FILE streamspaceRuntimeTargets.cmake)
install(TARGETS streamspace RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

set(header_folder "${CMAKE_INSTALL_INCLUDEDIR}/streamspace")
install(DIRECTORY include/streamspace/ DESTINATION "${header_folder}" FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY messages/ DESTINATION "${header_folder}/messages" FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY plugins/sdk/ DESTINATION "${header_folder}/plugins/sdk" FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY plugins/actor_sdk/ DESTINATION "${header_folder}/plugins/actor_sdk" FILES_MATCHING PATTERN "*.hpp")
install(FILES plugins/code/mapped_code.hpp DESTINATION "${header_folder}/plugins/code")
install(FILES plugins/testing/plugin_harness.hpp DESTINATION "${header_folder}/plugins/testing")
install(FILES
  actors/collected_emit.hpp actors/dead_letters.hpp actors/inbox_limits.hpp actors/restart_policy.hpp actors/runtime.hpp
  actors/supervision.hpp
  DESTINATION "${header_folder}/actors")

install(FILES
  plugins/schedule/cron_expression.hpp plugins/schedule/cron_fields.hpp plugins/schedule/cron_schedule.hpp
  plugins/schedule/cron_words.hpp plugins/schedule/interval_text.hpp plugins/schedule/time_zone.hpp
  DESTINATION "${header_folder}/plugins/schedule")

configure_package_config_file(cmake/streamspaceConfig.cmake.in "${PROJECT_BINARY_DIR}/streamspaceConfig.cmake"
  INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/streamspaceConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/streamspaceConfig.cmake"
  "${PROJECT_BINARY_DIR}/streamspaceConfigVersion.cmake"
  cmake/FindCAF.cmake
  cmake/StreamspaceAddPlugin.cmake
  DESTINATION "${package_folder}")

# The build folder is such a package too, of the components sdk and actors: for plugins that are written beside the program.
export(TARGETS
  streamspace_messages streamspace_plugins streamspace_plugin_sdk streamspace_sdk streamspace_testing streamspace_options
  NAMESPACE streamspace:: FILE "${PROJECT_BINARY_DIR}/streamspaceSdkTargets.cmake")
export(TARGETS streamspace_messages_caf streamspace_actor_sdk
  NAMESPACE streamspace:: FILE "${PROJECT_BINARY_DIR}/streamspaceActorsTargets.cmake")
configure_file(cmake/FindCAF.cmake "${PROJECT_BINARY_DIR}/FindCAF.cmake" COPYONLY)
configure_file(cmake/StreamspaceAddPlugin.cmake "${PROJECT_BINARY_DIR}/StreamspaceAddPlugin.cmake" COPYONLY)
