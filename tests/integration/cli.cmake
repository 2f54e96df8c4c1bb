# The program as a user calls it.
streamspace_test(cli_integration_test LABELS integration
  SOURCES cli/cron_test.cpp cli/plugin_commands_test.cpp cli/program.cpp
  LIBRARIES streamspace::persistence)
target_compile_definitions(cli_integration_test PRIVATE STREAMSPACE_PROGRAM="$<TARGET_FILE:streamspace>")
add_dependencies(cli_integration_test streamspace)

# What an author of plugins does, with a real server and a compiler.
streamspace_test(plugin_dev_integration LABELS integration TIMEOUT 400
  SOURCES cli/plugin_dev_test.cpp cli/program.cpp
  LIBRARIES streamspace::demo streamspace_test_support)
target_compile_definitions(plugin_dev_integration PRIVATE STREAMSPACE_PROGRAM="$<TARGET_FILE:streamspace>")
add_dependencies(plugin_dev_integration streamspace)
