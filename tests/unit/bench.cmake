if(STREAMSPACE_BUILD_BENCH)
  streamspace_test(bench_unit_test LABELS unit
    SOURCES bench/report_test.cpp bench/runner_test.cpp
    LIBRARIES streamspace_bench_frame)
endif()
