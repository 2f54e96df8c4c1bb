#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <streamspace/messages/caf/type_ids.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/plugins/sdk/plugin_handler.hpp>

namespace streamspace {

/// Asks the leading actor of a plugin for what its next version is to go on with, when that takes its place; the answer
/// is json. What it was answered comes to the next one as a saved_state.
struct state_request {};

/// The plugin has another configuration from now on; see plugin_handler::on_config_changed.
struct config_change {
  json before;
  json after;
};

}  // namespace streamspace

// They stay on this node, within one plugin.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nlohmann::json)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::state_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::saved_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::config_change)
