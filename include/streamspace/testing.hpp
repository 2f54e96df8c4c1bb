#pragma once

/// Everything that a test of a plugin needs besides the plugin; link streamspace::testing.
#include <streamspace/plugins/testing/plugin_harness.hpp>
