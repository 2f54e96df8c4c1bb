#pragma once

#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/messages/config_revision.hpp>
#include <streamspace/messages/dead_letter.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/messages/platform.hpp>
#include <streamspace/messages/plugin_info.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/user.hpp>

/// CAF's view of the values: type ids (fixed at compile time; plugins never add one), atoms, and how they travel.
CAF_BEGIN_TYPE_ID_BLOCK(streamspace, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(streamspace, (streamspace::session))
CAF_ADD_TYPE_ID(streamspace, (streamspace::user))
CAF_ADD_TYPE_ID(streamspace, (streamspace::plugin_manifest))

CAF_ADD_ATOM(streamspace, streamspace::atom, create, "create")
CAF_ADD_ATOM(streamspace, streamspace::atom, find, "find")
CAF_ADD_ATOM(streamspace, streamspace::atom, list, "list")
CAF_ADD_ATOM(streamspace, streamspace::atom, change, "change")
CAF_ADD_ATOM(streamspace, streamspace::atom, remove, "remove")
CAF_ADD_ATOM(streamspace, streamspace::atom, act, "act")
CAF_ADD_ATOM(streamspace, streamspace::atom, user, "user")
CAF_ADD_ATOM(streamspace, streamspace::atom, login, "login")
CAF_ADD_ATOM(streamspace, streamspace::atom, logout, "logout")

CAF_ADD_ATOM(streamspace, streamspace::atom, load, "load")
CAF_ADD_ATOM(streamspace, streamspace::atom, unload, "unload")
CAF_ADD_ATOM(streamspace, streamspace::atom, reload, "reload")
CAF_ADD_ATOM(streamspace, streamspace::atom, enable, "enable")
CAF_ADD_ATOM(streamspace, streamspace::atom, disable, "disable")
CAF_ADD_ATOM(streamspace, streamspace::atom, drain, "drain")
CAF_ADD_ATOM(streamspace, streamspace::atom, done, "done")
CAF_ADD_ATOM(streamspace, streamspace::atom, restart, "restart")
CAF_ADD_ATOM(streamspace, streamspace::atom, trouble, "trouble")
CAF_ADD_ATOM(streamspace, streamspace::atom, give_up, "give_up")
CAF_ADD_ATOM(streamspace, streamspace::atom, start, "start")
CAF_ADD_ATOM(streamspace, streamspace::atom, stop, "stop")
CAF_ADD_ATOM(streamspace, streamspace::atom, available, "available")
CAF_ADD_ATOM(streamspace, streamspace::atom, health, "health")
CAF_ADD_ATOM(streamspace, streamspace::atom, prepare, "prepare")
CAF_ADD_ATOM(streamspace, streamspace::atom, take_over, "take_over")
CAF_ADD_ATOM(streamspace, streamspace::atom, retire, "retire")
CAF_ADD_ATOM(streamspace, streamspace::atom, abandon, "abandon")
CAF_ADD_ATOM(streamspace, streamspace::atom, discover, "discover")
CAF_ADD_ATOM(streamspace, streamspace::atom, install, "install")
CAF_ADD_ATOM(streamspace, streamspace::atom, uninstall, "uninstall")
CAF_ADD_ATOM(streamspace, streamspace::atom, revert, "revert")
CAF_ADD_ATOM(streamspace, streamspace::atom, history, "history")

CAF_ADD_ATOM(streamspace, streamspace::atom, publish, "publish")
CAF_ADD_ATOM(streamspace, streamspace::atom, document, "document")
CAF_ADD_ATOM(streamspace, streamspace::atom, exec, "exec")
CAF_ADD_ATOM(streamspace, streamspace::atom, begin, "begin")
CAF_ADD_ATOM(streamspace, streamspace::atom, commit, "commit")
CAF_ADD_ATOM(streamspace, streamspace::atom, stream, "stream")
CAF_ADD_ATOM(streamspace, streamspace::atom, script, "script")
CAF_ADD_ATOM(streamspace, streamspace::atom, copy_in, "copy_in")
CAF_ADD_ATOM(streamspace, streamspace::atom, copy_out, "copy_out")
CAF_ADD_ATOM(streamspace, streamspace::atom, read, "read")
CAF_ADD_ATOM(streamspace, streamspace::atom, lease, "lease")
CAF_ADD_ATOM(streamspace, streamspace::atom, release, "release")
CAF_ADD_ATOM(streamspace, streamspace::atom, reset, "reset")
CAF_ADD_ATOM(streamspace, streamspace::atom, close, "close")
CAF_ADD_ATOM(streamspace, streamspace::atom, expire, "expire")
CAF_ADD_ATOM(streamspace, streamspace::atom, hash, "hash")
CAF_ADD_ATOM(streamspace, streamspace::atom, verify, "verify")

CAF_ADD_ATOM(streamspace, streamspace::atom, redrive, "redrive")
CAF_ADD_ATOM(streamspace, streamspace::atom, write, "write")
CAF_ADD_ATOM(streamspace, streamspace::atom, append, "append")
CAF_ADD_ATOM(streamspace, streamspace::atom, follow, "follow")
CAF_END_TYPE_ID_BLOCK(streamspace)

/// Values that stay on their node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::user_draft)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::user_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::session_draft)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::session_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::session_action)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::session_filter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::page_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::user_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::session_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::credentials)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::loaded_plugin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::load_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::plugin_trouble)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::loaded_plugin>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::dependents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::available_plugin>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::config_revision>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::dead_letter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::dead_letter_filter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::dead_letter_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::redrive_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::event_log_filter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::event_log_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::durable_subscription>)

namespace streamspace {

namespace detail {

/// A value travels as its JSON text; what does not read back is an error of the message, not an exception.
template <class Inspector, class T>
typename Inspector::result_type inspect_as_json(Inspector& f, const char* name, T& x) {
  std::string text;
  if constexpr (Inspector::reads_state) text = json(x).dump(-1, ' ', false, json::error_handler_t::replace);
  const auto load = [&]() -> caf::error {
    if constexpr (Inspector::writes_state) {
      try {
        x = json::parse(text).template get<T>();
      } catch (const error& e) {
        return to_caf(e);
      } catch (const json::exception& e) {
        return to_caf({ec::invalid_argument, e.what()});
      }
    }
    return caf::none;
  };
  return f(caf::meta::type_name(name), text, caf::meta::load_callback(load));
}

}  // namespace detail

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, session& x) {
  return detail::inspect_as_json(f, "streamspace::session", x);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, user& x) {
  return detail::inspect_as_json(f, "streamspace::user", x);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, plugin_manifest& x) {
  return detail::inspect_as_json(f, "streamspace::plugin_manifest", x);
}

}  // namespace streamspace
