#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/keyed_sequence.hpp>
#include <streamspace/actors/password_hasher.hpp>
#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

struct platform_setup {
  db_pool_actor database;
  password_actor passwords;
  std::shared_ptr<event_port> events;
  std::chrono::milliseconds deadline{10'000};
};

/// The host platform's work: each change is one statement, then its event, then the answer. Changes of one user or
/// session are made one after the other, so their events come in the order of the commits.
class platform_state {
 public:
  static constexpr const char* name = "streamspace.platform";
  using pointer = platform_actor::stateful_pointer<platform_state>;
  template <class T>
  using reply = std::function<void(result<T>)>;

  void begin(pointer self, platform_setup setup);

  void create_user(user_draft draft, reply<user> done);
  void find_user(const std::string& id, reply<user> done);
  void list_users(page_request page, reply<user_page> done);
  void change_user(const std::string& id, user_changes changes, reply<user> done);
  void remove_user(const std::string& id, reply<user> done);
  void login(credentials who, reply<user> done);
  void logout(const std::string& id, reply<user> done);

  void create_session(session_draft draft, reply<session> done);
  void find_session(const std::string& id, reply<session> done);
  void list_sessions(session_filter filter, page_request page, reply<session_page> done);
  void change_session(const std::string& id, session_changes changes, reply<session> done);
  void remove_session(const std::string& id, reply<session> done);
  void act(const std::string& id, session_action action, reply<session> done);

 private:
  void query(sql_statement statement, reply<sql_result> then);
  /// Runs a step on one user or session after all earlier ones on it.
  template <class T>
  void in_order(const std::string& id, reply<T> done, std::function<void(reply<T>)> step);
  void with_hash(const std::optional<std::string>& password, reply<std::optional<std::string>> then);
  void emit(event e);

  pointer self_ = nullptr;
  platform_setup setup_;
  keyed_sequence sequence_;
};

platform_actor::behavior_type platform(platform_state::pointer self, platform_setup setup);

}  // namespace streamspace
