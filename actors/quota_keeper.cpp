#include <memory>
#include <utility>

#include <streamspace/actors/quota_keeper.hpp>
#include <streamspace/messages/time.hpp>
#include <streamspace/persistence/plugin_roles.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

namespace {

using pointer = quota_keeper_actor::stateful_pointer<quota_keeper_state>;
using clock = storage_account::clock;

/// What one keeper does, round after round. It lives in the callbacks of its requests.
class rounds : public std::enable_shared_from_this<rounds> {
 public:
  rounds(pointer self, db_pool_actor database, quota_keeper_options options)
      : self_{self}, database_{std::move(database)}, options_{std::move(options)} {}

  void wait() { self_->delayed_send(quota_keeper_actor{self_}, options_.interval, atom::verify_v); }

  void begin() {
    const auto accounts = options_.accounts->list();
    if (!options_.schemas || accounts.empty()) return measure_rows();
    std::vector<std::string> plugins;
    for (const auto& each : accounts) plugins.push_back(each.plugin);
    ask(measure_schemas(plugins), [me = shared_from_this(), accounts](const sql_result& sizes) {
      const auto by_plugin = read_schema_sizes(sizes);
      for (const auto& [plugin, its] : accounts) {
        const auto found = by_plugin.find(plugin);
        its->set_tables(found == by_plugin.end() ? 0 : found->second);
      }
      me->measure_rows();
    });
  }

 private:
  template <class Then>
  void ask(sql_statement what, Then then) {
    self_->request(database_, 2 * options_.deadline, atom::exec_v, std::move(what), sql_deadline{options_.deadline})
        .then(std::move(then), [me = shared_from_this()](const caf::error& e) {
          me->log(log_level::warn, "what plugins take of their quotas could not be measured",
                  {{"what", from_caf(e).message()}});
          me->wait();
        });
  }

  void measure_rows() {
    auto& left = self_->state.to_measure;
    left.clear();
    for (auto& each : options_.accounts->list())
      if (each.its->to_be_measured(clock::now())) left.push_back(std::move(each));
    measure_next();
  }

  void measure_next() {
    auto& left = self_->state.to_measure;
    if (left.empty()) {
      report();
      return wait();
    }
    auto next = std::move(left.front());
    left.pop_front();
    const auto begun = next.its->begin_measuring(clock::now());
    ask(measure_stored(next.plugin), [me = shared_from_this(), its = next.its, begun](const sql_result& bytes) {
      its->measured(begun, read_stored_count(bytes), clock::now());
      me->measure_next();
    });
  }

  void report() {
    std::map<std::string, bool> over;
    for (const auto& [plugin, its] : options_.accounts->list()) {
      const json figures{{"plugin", plugin}, {"used", its->used()}, {"quota", its->quota()}};
      const bool before = std::exchange(self_->state.over[plugin], false);
      const bool now_over = over[plugin] = its->used() > its->quota();
      if (now_over && !before)
        log(log_level::error,
            "plugin " + plugin +
                " has more in the database than its quota allows; its storage takes nothing more until it has removed "
                "some, but PostgreSQL does not keep its tables from growing",
            figures);
      else if (before && !now_over)
        log(log_level::info, "plugin " + plugin + " is within its quota again", figures);
    }
    self_->state.over = std::move(over);
  }

  void log(log_level level, std::string message, json data) const {
    options_.log({"runtime", level, std::move(message), std::move(data), now()});
  }

  pointer self_;
  const db_pool_actor database_;
  const quota_keeper_options options_;
};

}  // namespace

quota_keeper_actor::behavior_type quota_keeper(pointer self, db_pool_actor database, quota_keeper_options options) {
  const auto its_rounds = std::make_shared<rounds>(self, std::move(database), std::move(options));
  its_rounds->wait();
  return {[its_rounds](atom::verify) { its_rounds->begin(); }};
}

}  // namespace streamspace
