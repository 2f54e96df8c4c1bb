streamspace_test(plugins_unit LABELS unit
  SOURCES
    plugins/plugin_instance_test.cpp
    plugins/sdk/awaited_reports_test.cpp
    plugins/sdk/global_plugin_registry_test.cpp
    plugins/sdk/plugin_config_test.cpp
    plugins/sdk/plugin_context_test.cpp
    plugins/sdk/plugin_database_test.cpp
    plugins/sdk/plugin_handler_test.cpp
    plugins/sdk/plugin_logger_test.cpp
    plugins/sdk/plugin_storage_test.cpp
    plugins/sdk/plugin_task_test.cpp
    plugins/sdk/registrations_test.cpp
    plugins/sdk/storage_watches_test.cpp
  LIBRARIES streamspace::plugins streamspace_plugin_test_support)

streamspace_test(schedule_unit LABELS unit
  SOURCES
    plugins/schedule/cron_expression_test.cpp
    plugins/schedule/cron_field_text_test.cpp
    plugins/schedule/cron_schedule_dst_test.cpp
    plugins/schedule/cron_schedule_oracle_test.cpp
    plugins/schedule/cron_schedule_test.cpp
    plugins/schedule/cron_words_test.cpp
    plugins/schedule/duration_text_test.cpp
    plugins/schedule/interval_text_test.cpp
    plugins/schedule/posix_zone_rule_test.cpp
    plugins/schedule/time_zone_test.cpp
  LIBRARIES streamspace::schedule)

streamspace_test(dependencies_unit LABELS unit
  SOURCES
    plugins/dependencies/load_order_test.cpp
    plugins/dependencies/semver_range_test.cpp
    plugins/dependencies/semver_test.cpp
  LIBRARIES streamspace::dependencies)

streamspace_test(manifest_unit LABELS unit
  SOURCES
    plugins/manifest/config_check_test.cpp
    plugins/manifest/manifest_check_test.cpp
  LIBRARIES streamspace::manifest valijson)

streamspace_test(builtin_plugins_unit LABELS unit
  SOURCES
    plugins/builtin/analytics/time_window_test.cpp
    plugins/builtin/audit/audit_entry_test.cpp
    plugins/builtin/audit/audit_filter_test.cpp
    plugins/builtin/builtin_plugins_test.cpp
    plugins/builtin/shared/backlog_test.cpp
    plugins/builtin/shared/event_keeper_test.cpp
    plugins/builtin/shared/limits_test.cpp
    plugins/builtin/shared/query_parameters_test.cpp
    plugins/builtin/shared/redaction_test.cpp
    plugins/builtin/webhook/delivery_lane_test.cpp
    plugins/builtin/webhook/retry_policy_test.cpp
    plugins/builtin/webhook/signature_test.cpp
    plugins/builtin/webhook/token_bucket_test.cpp
    plugins/builtin/webhook/webhook_config_test.cpp
  LIBRARIES streamspace::builtin streamspace::plugins streamspace_plugin_test_support)

# The router of http is there to be compared with.
streamspace_test(testing_tests LABELS unit
  SOURCES
    plugins/testing/harness_storage_test.cpp
    plugins/testing/manifest_macro_test.cpp
    plugins/testing/plugin_harness_requests_test.cpp
    plugins/testing/plugin_harness_test.cpp
    plugins/testing/plugin_harness_services_test.cpp
    plugins/testing/plugin_harness_turns_test.cpp
    plugins/testing/relative_target_test.cpp
    plugins/testing/route_match_test.cpp
  LIBRARIES streamspace::testing streamspace::http)

streamspace_test(discovery_tests LABELS unit
  SOURCES
    plugins/discovery/folder_watch_test.cpp
    plugins/discovery/plugin_discovery_test.cpp
  LIBRARIES streamspace::discovery streamspace_test_support)
