streamspace_test(demo_unit_test LABELS unit
  SOURCES
    cli/demo_checks_test.cpp cli/demo_receiver_test.cpp cli/demo_report_test.cpp cli/demo_scene.cpp cli/demo_usage_test.cpp
  LIBRARIES streamspace::demo)
