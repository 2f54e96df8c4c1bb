# What the program does for authors of plugins.
streamspace_test(plugin_tools_unit_test LABELS unit
  SOURCES cli/plugin_package_test.cpp cli/plugin_project_test.cpp
  LIBRARIES streamspace::plugin_tools streamspace::manifest PkgConfig::ARCHIVE)
