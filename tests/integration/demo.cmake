# The parts over real sockets, and the program as a user runs it.
streamspace_test(demo_integration_test LABELS integration
  SOURCES cli/demo_receiver_test.cpp cli/demo_test.cpp cli/http_client_test.cpp cli/program.cpp
  LIBRARIES streamspace::demo streamspace::http streamspace::builtin streamspace_test_support CURL::libcurl)
target_compile_definitions(demo_integration_test PRIVATE STREAMSPACE_PROGRAM="$<TARGET_FILE:streamspace>")
add_dependencies(demo_integration_test streamspace)
