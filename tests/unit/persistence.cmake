streamspace_test(persistence_unit LABELS unit
  SOURCES
    persistence/bounded_log_test.cpp
    persistence/config_seal_test.cpp
    persistence/constraint_error_test.cpp
    persistence/data_folder_test.cpp
    persistence/database_url_test.cpp
    persistence/dead_letter_sql_test.cpp
    persistence/installed_plugin_sql_test.cpp
    persistence/json_text_test.cpp
    persistence/migration_plan_test.cpp
    persistence/plugin_place_test.cpp
    persistence/postgres_binaries_test.cpp
    persistence/prepared_texts_test.cpp
    persistence/secret_key_test.cpp
    persistence/session_sql_test.cpp
    persistence/sql_page_test.cpp
    persistence/sql_text_test.cpp
    persistence/storage_sql_test.cpp
    persistence/user_sql_test.cpp
  LIBRARIES streamspace::persistence streamspace_test_support)
