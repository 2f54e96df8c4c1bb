# The program as a user calls it.
streamspace_test(cli_integration_test LABELS integration
  SOURCES cli/cron_test.cpp cli/program.cpp
  LIBRARIES streamspace::persistence)
target_compile_definitions(cli_integration_test PRIVATE STREAMSPACE_PROGRAM="$<TARGET_FILE:streamspace>")
add_dependencies(cli_integration_test streamspace)
