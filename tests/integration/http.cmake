streamspace_test(http_integration_test LABELS integration
  SOURCES
    http/application_over_sockets_test.cpp http/http_server_limits_test.cpp http/http_server_stop_test.cpp
    http/http_server_test.cpp http/raw_client.cpp
  LIBRARIES streamspace::http)
