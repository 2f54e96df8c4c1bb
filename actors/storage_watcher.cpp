#include <algorithm>
#include <utility>

#include <streamspace/actors/storage_watcher.hpp>
#include <streamspace/messages/time.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

namespace {

using pointer = storage_watcher_actor::stateful_pointer<storage_watcher_state>;
using std::chrono::steady_clock;

/// Looking takes the database no more than this part of the time.
constexpr int part_to_look = 20;

class looks : public std::enable_shared_from_this<looks> {
 public:
  looks(pointer self, db_pool_actor database, storage_watcher_options options)
      : self_{self}, database_{std::move(database)}, options_{std::move(options)} {}

  void wait(std::chrono::milliseconds pause) { self_->delayed_send(storage_watcher_actor{self_}, pause, atom::find_v); }
  void wait() { wait(options_.interval); }

  void begin() {
    auto& state = self_->state;
    state.begun = steady_clock::now();
    for (const auto& each : options_.observers->list())
      for (auto& prefix : each.who->prefixes()) state.left.push_back({each, std::move(prefix)});
    go_on();
  }

 private:
  void go_on() {
    auto& state = self_->state;
    if (state.left.empty()) {
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - state.begun);
      return wait(std::max(options_.interval, part_to_look * took));
    }
    auto next = std::move(state.left.front());
    state.left.pop_front();
    auto what = list_stored_states(next.by.plugin, next.prefix, static_cast<int>(storage_port::most_watched) + 1);
    self_->request(database_, 2 * options_.deadline, atom::exec_v, std::move(what), sql_deadline{options_.deadline})
        .then(
            [me = shared_from_this(), next](const sql_result& rows) {
              if (rows.size() > storage_port::most_watched) {
                me->say(next, "there are more than " + std::to_string(storage_port::most_watched) + " of them");
              } else {
                next.by.who->found(next.prefix, read_stored_states(rows));
                me->self_->state.in_trouble.erase({next.by.plugin, next.prefix});
              }
              me->go_on();
            },
            [me = shared_from_this(), next](const caf::error& e) {
              me->say(next, from_caf(e).message());
              me->go_on();
            });
  }

  /// Once, until all is well again.
  void say(const storage_watcher_state::look& which, const std::string& why) {
    if (!self_->state.in_trouble.emplace(which.by.plugin, which.prefix).second) return;
    options_.log({"runtime",
                  log_level::warn,
                  "plugin " + which.by.plugin + " is not told what others do to the storage keys that it watches",
                  {{"plugin", which.by.plugin}, {"prefix", which.prefix}, {"what", why}},
                  now()});
  }

  pointer self_;
  const db_pool_actor database_;
  const storage_watcher_options options_;
};

}  // namespace

storage_watcher_actor::behavior_type storage_watcher(pointer self, db_pool_actor database,
                                                     storage_watcher_options options) {
  const auto its_looks = std::make_shared<looks>(self, std::move(database), std::move(options));
  its_looks->wait();
  return {[its_looks](atom::find) { its_looks->begin(); }};
}

}  // namespace streamspace
