# What has no actor in it, so that ThreadSanitizer can judge it.
streamspace_test(actors_unit LABELS unit tsan
  SOURCES
    actors/async_log_test.cpp
    actors/chunk_queue_test.cpp
    actors/collected_emit_test.cpp
    actors/dead_letter_writer_test.cpp
    actors/dead_letters_test.cpp
    actors/deadline_queue_test.cpp
    actors/deadline_timer_test.cpp
    actors/event_bus_logged_test.cpp
    actors/event_bus_overflow_test.cpp
    actors/event_bus_sync_test.cpp
    actors/event_bus_test.cpp
    actors/event_bus_then_test.cpp
    actors/event_follower_test.cpp
    actors/event_metrics_test.cpp
    actors/flight_block_test.cpp
    actors/gathered_storage_test.cpp
    actors/gathering_test.cpp
    actors/inbox_control_test.cpp
    actors/inbox_limits_test.cpp
    actors/inbox_property_test.cpp
    actors/inbox_test.cpp
    actors/keyed_sequence_test.cpp
    actors/latency_histogram_test.cpp
    actors/log_history_test.cpp
    actors/log_limit_test.cpp
    actors/memory_storage_test.cpp
    actors/near_calls_test.cpp
    actors/plugin_cell_quarantine_test.cpp
    actors/plugin_cell_restart_test.cpp
    actors/plugin_cell_test.cpp
    actors/plugin_logs_test.cpp
    actors/plugin_peers_test.cpp
    actors/plugin_resources_test.cpp
    actors/processor_affinity_test.cpp
    actors/published_components_test.cpp
    actors/published_test.cpp
    actors/restart_policy_test.cpp
    actors/ring_test.cpp
    actors/rotating_file_test.cpp
    actors/routing_table_test.cpp
    actors/storage_account_test.cpp
    actors/storage_gatherer_test.cpp
    actors/stripes_test.cpp
    actors/subscription_table_test.cpp
    actors/sync_call_test.cpp
    actors/text_index_test.cpp
    actors/turn_batch_test.cpp
    actors/turn_pool_blocking_test.cpp
    actors/turn_pool_linger_test.cpp
    actors/turn_pool_test.cpp
    actors/unload_audit_test.cpp
  LIBRARIES streamspace::actors)

streamspace_test(messages_caf_unit LABELS unit
  SOURCES
    messages_caf/errors_test.cpp
    messages_caf/type_ids_test.cpp
  LIBRARIES streamspace::messages_caf)
