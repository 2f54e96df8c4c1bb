streamspace_test(actors_integration LABELS integration
  SOURCES
    actors/actor_plugin_test.cpp
    actors/churn_test.cpp
    actors/drain_test.cpp
    actors/emit_sync_test.cpp
    actors/emit_then_test.cpp
    actors/event_figures_test.cpp
    actors/event_storm_test.cpp
    actors/handlers_test.cpp
    actors/lifecycle_test.cpp
    actors/log_output_test.cpp
    actors/mistakes_of_the_original_test.cpp
    actors/plugin_services_test.cpp
    actors/registrations_test.cpp
    actors/reload_leaks_test.cpp
    actors/stop_test.cpp
    actors/supervision_test.cpp
  LIBRARIES streamspace::actors streamspace::actor_sdk streamspace::rest CAF::core)

streamspace_test(actors_database_integration LABELS integration
  SOURCES
    actors/config_history_test.cpp
    actors/connection_stack_test.cpp
    actors/db_pool_test.cpp
    actors/dead_letters_test.cpp
    actors/event_log_test.cpp
    actors/platform_actor_test.cpp
    actors/plugin_async_sql_test.cpp
    actors/plugin_copy_test.cpp
    actors/plugin_data_test.cpp
    actors/plugin_dependencies_test.cpp
    actors/plugin_install_test.cpp
    actors/plugin_isolation_test.cpp
    actors/plugin_transactions_test.cpp
    actors/rest_dead_letters_test.cpp
    actors/rest_events_test.cpp
    actors/rest_plugin_logs_test.cpp
    actors/rest_plugins_test.cpp
    actors/sealed_config_test.cpp
    actors/start_from_database_test.cpp
    actors/storage_quota_test.cpp
    actors/storage_sweeper_test.cpp
    actors/unawaited_statements_test.cpp
    actors/storage_watch_test.cpp
  LIBRARIES streamspace::actors streamspace::rest streamspace_test_support CAF::core)

# A program of its own, as it forks before it has threads.
streamspace_test(database_faults_integration LABELS integration
  SOURCES actors/database_faults_test.cpp
  LIBRARIES streamspace::actors streamspace_test_support)
