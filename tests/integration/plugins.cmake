streamspace_test(plugins_integration LABELS integration
  SOURCES
    plugins/analytics_plugin_test.cpp
    plugins/audit_plugin_test.cpp
    plugins/delivery_worker_test.cpp
    plugins/webhook_plugin_test.cpp
    plugins/webhook_receiver.cpp
  LIBRARIES streamspace::builtin streamspace::plugins streamspace_plugin_test_support streamspace_pg_executor
    OpenSSL::Crypto Threads::Threads)
