#pragma once

/// Everything the author of a plugin needs that is an actor, or has some. CAF is visible here.
#include <streamspace/plugin.hpp>
#include <streamspace/plugins/actor_sdk/actor_plugin.hpp>
