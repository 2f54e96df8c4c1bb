# `streamspace demo`: a platform, clients that drive it, and checks of what its plugins made of it.
add_library(streamspace_demo STATIC
  demo.cpp
  demo_checks.cpp
  demo_driver.cpp
  demo_folder.cpp
  demo_interrupt.cpp
  demo_log.cpp
  demo_observer.cpp
  demo_receiver.cpp
  demo_record.cpp
  demo_report.cpp
  demo_usage.cpp
  http_client.cpp)
add_library(streamspace::demo ALIAS streamspace_demo)
target_include_directories(streamspace_demo PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(streamspace_demo
  PUBLIC streamspace::messages
  PRIVATE streamspace_options streamspace::server streamspace::http streamspace::persistence streamspace::plugins
          CURL::libcurl PkgConfig::SODIUM)
