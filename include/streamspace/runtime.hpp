#pragma once

/// Everything a program needs that has the plugin runtime in it.
#include <streamspace/actors/runtime.hpp>
#include <streamspace/plugin.hpp>
