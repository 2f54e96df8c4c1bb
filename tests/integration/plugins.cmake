streamspace_test(plugins_integration LABELS integration
  SOURCES
    plugins/analytics_plugin_test.cpp
    plugins/audit_plugin_test.cpp
    plugins/delivery_worker_test.cpp
    plugins/webhook_plugin_test.cpp
    plugins/webhook_receiver.cpp
  LIBRARIES streamspace::builtin streamspace::plugins streamspace_plugin_test_support streamspace_pg_executor
    OpenSSL::Crypto Threads::Threads)

# The program has the SDK's functions for the plugins that it loads.
streamspace_test(code_plugins_integration LABELS integration
  SOURCES plugins/code_plugins_test.cpp
  LIBRARIES streamspace::actors streamspace::plugin_host streamspace_test_support CAF::core)
add_dependencies(code_plugins_integration plugin_fixtures)
target_compile_definitions(code_plugins_integration PRIVATE STREAMSPACE_FIXTURES="${fixture_folder}")
