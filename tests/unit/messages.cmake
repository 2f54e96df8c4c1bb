streamspace_test(messages_unit LABELS unit tsan
  SOURCES
    messages/config_secrets_test.cpp
    messages/copy_text_test.cpp
    messages/error_test.cpp
    messages/event_figures_test.cpp
    messages/event_filter_test.cpp
    messages/event_test.cpp
    messages/footprint_test.cpp
    messages/http_message_test.cpp
    messages/json_nesting_test.cpp
    messages/log_record_test.cpp
    messages/log_redaction_test.cpp
    messages/logged_event_test.cpp
    messages/manifest_test.cpp
    messages/names_test.cpp
    messages/overflow_policy_test.cpp
    messages/platform_test.cpp
    messages/plugin_info_test.cpp
    messages/session_test.cpp
    messages/sql_test.cpp
    messages/sql_text_test.cpp
    messages/table_name_test.cpp
    messages/tick_count_test.cpp
    messages/time_test.cpp
    messages/ui_component_test.cpp
    messages/user_test.cpp
  LIBRARIES streamspace::messages)
