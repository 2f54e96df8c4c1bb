#pragma once

/// Everything a plugin author needs.
#include <streamspace/plugins/sdk/blocking_scope.hpp>
#include <streamspace/plugins/sdk/global_plugin_registry.hpp>
#include <streamspace/plugins/sdk/plugin_abi.hpp>
#include <streamspace/plugins/sdk/plugin_context.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>
#include <streamspace/plugins/sdk/plugin_handler.hpp>
