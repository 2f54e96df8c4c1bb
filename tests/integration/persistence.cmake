streamspace_test(persistence_integration LABELS integration
  SOURCES
    persistence/config_history_sql_test.cpp
    persistence/event_log_sql_test.cpp
    persistence/migrator_test.cpp
    persistence/pg_connection_test.cpp
    persistence/pg_connection_faults_test.cpp
    persistence/pg_stream_test.cpp
    persistence/platform_tables_test.cpp
    persistence/plugin_roles_test.cpp
    persistence/plugin_tables_test.cpp
  LIBRARIES streamspace::persistence streamspace_test_support)

streamspace_test(embedded_postgres_integration LABELS integration
  SOURCES
    persistence/child_process_test.cpp
    persistence/embedded_postgres_faults_test.cpp
    persistence/embedded_postgres_test.cpp
  LIBRARIES streamspace::persistence streamspace_test_support)
