streamspace_test(http_unit_test LABELS unit
  SOURCES
    http/application_test.cpp http/head_scanner_test.cpp http/password_test.cpp http/request_parser_test.cpp
    http/response_writer_test.cpp http/router_test.cpp http/signing_key_test.cpp http/target_test.cpp
    http/token_authority_test.cpp
  LIBRARIES streamspace::http PkgConfig::JWT)
