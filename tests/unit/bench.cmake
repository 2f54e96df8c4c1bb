if(STREAMSPACE_BUILD_BENCH)
  streamspace_test(bench_unit_test LABELS unit
    SOURCES bench/comparison_test.cpp bench/report_test.cpp bench/runner_test.cpp bench/statistics_test.cpp
    LIBRARIES streamspace_bench_frame)
endif()
