#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/event_follower_actor.hpp>
#include <streamspace/actors/log_news.hpp>
#include <streamspace/persistence/event_log_sql.hpp>

namespace streamspace {

/// Keeps what this host has to do with the event log going: a follower for each durable subscription that is in force,
/// told when there is something for it; the log's tables, day by day; and which types all hosts' subscriptions want.
using event_log_keeper_actor = caf::typed_actor<
    /// All durable subscriptions that are in force now.
    caf::reacts_to<atom::follow, std::vector<durable_target>>,
    /// There are news (log_news).
    caf::reacts_to<atom::write>,
    /// Answered when all followers have let go.
    caf::reacts_to<atom::stop>,
    /// Its own: looks whether other hosts have written, and whether they have other subscriptions.
    caf::reacts_to<atom::find>,
    /// Its own: makes room for the days to come.
    caf::reacts_to<atom::expire>>;

/// So many days have their tables before they come.
inline constexpr int event_log_days_ahead = 3;

struct event_log_keeper_setup {
  db_pool_actor database;
  std::chrono::milliseconds deadline{10'000};
  std::shared_ptr<event_bus> events;
  std::shared_ptr<log_news> news;
  std::string holder;
  std::function<std::uint64_t()> next_letter;
  /// Is told what all durable subscriptions of the database want to hear.
  std::function<void(std::vector<std::string> patterns)> wanted;
  int days_kept = 7;
  std::chrono::milliseconds lease{10'000};
  std::chrono::milliseconds look_every{500};
  std::chrono::milliseconds keep_every{3'600'000};
  log_sink log = [](const log_record&) {};
};

class event_log_keeper_state {
 public:
  static constexpr const char* name = "streamspace.event-log-keeper";
  using pointer = event_log_keeper_actor::stateful_pointer<event_log_keeper_state>;

  void begin(pointer self, event_log_keeper_setup setup);
  void follow(const std::vector<durable_target>& targets);
  void tell_news();
  void look();
  void keep();
  void stop(caf::response_promise promise);

 private:
  struct followed {
    event_follower_actor follower;
    subscription_ptr target;             ///< Null while it lets go.
    std::optional<durable_target> next;  ///< Whom to follow then.
  };
  using followed_map = std::map<std::pair<std::string, std::string>, followed>;

  void query(sql_statement statement, std::function<void(result<sql_result>)> then);
  void assign(const durable_target& target);
  void let_go(followed_map::iterator of);
  void ask_what_is_wanted();
  /// Those that hear one of these types.
  void wake(const std::set<std::string>& types);
  void wake_all();
  void answer_stop();

  pointer self_ = nullptr;
  event_log_keeper_setup setup_;
  followed_map followers_;  ///< By plugin and name.
  event_log_head seen_;
  int looks_ = 0;
  std::optional<caf::response_promise> stopped_;
};

event_log_keeper_actor::behavior_type event_log_keeper(event_log_keeper_state::pointer self,
                                                       event_log_keeper_setup setup);

/// What keep_event_log() answered, for the operator: days that are gone, and who has missed some of them.
void tell_dropped_days(const sql_result& rows, const log_sink& log);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::durable_target>)
