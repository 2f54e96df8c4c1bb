# Library use as a stranger has it: an installed tree, a project of its own, nothing of ours beside.
add_test(NAME Install.LetsAStrangersProgramEmbedTheRuntime
  COMMAND "${CMAKE_COMMAND}"
    "-DBUILD=${PROJECT_BINARY_DIR}" "-DEXAMPLE=${PROJECT_SOURCE_DIR}/examples/embed"
    "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/installed" "-DFLAGS=${STREAMSPACE_SANITIZE}"
    -P "${CMAKE_CURRENT_SOURCE_DIR}/install_test.cmake")
set_tests_properties(Install.LetsAStrangersProgramEmbedTheRuntime PROPERTIES LABELS integration TIMEOUT 300)
