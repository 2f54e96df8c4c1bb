// In which order plugins that need each other come and go.
#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include <streamspace/actors/plugin_table.hpp>

namespace streamspace {

namespace {

bool can_be_needed(plugin_state state) noexcept {
  return state == plugin_state::enabled || state == plugin_state::restarting;
}

}  // namespace

std::vector<resolvable_plugin> plugin_table::present_needs() const {
  std::vector<resolvable_plugin> present;
  for (const auto& [key, e] : plugins_)
    if (e.actor && can_be_needed(e.info.state)) present.push_back(e.needs);
  return present;
}

std::string plugin_table::why_not_now(const resolvable_plugin& plugin) const {
  if (plugin.needs.empty() && !plugin.streamspace_version && !plugin.minimum_version && !plugin.maximum_version)
    return {};
  for (const auto& need : plugin.needs) {
    if (need.optional) continue;
    const auto other = plugins_.find(need.plugin);
    const bool is_loaded = other != plugins_.end() && other->second.actor;
    if (is_loaded && can_be_needed(other->second.info.state)) continue;
    return "plugin " + plugin.name + " needs plugin " + need.plugin.substr(0, 80) + ", which is " +
           (is_loaded ? std::string{to_string(other->second.info.state)} : "not loaded") + "; enable that first";
  }
  auto all = present_needs();
  std::erase_if(all, [&](const auto& other) { return other.name == plugin.name; });
  all.push_back(plugin);
  return std::string{load_order{std::move(all), setup_.platform}.why_refused(plugin.name)};
}

std::string plugin_table::why_not_instead(const resolvable_plugin& plugin) const {
  auto all = present_needs();
  const auto its = std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.name == plugin.name; });
  if (its == all.end()) return {};
  *its = plugin;
  const load_order order{std::move(all), setup_.platform};
  return order.refused().empty() ? std::string{} : order.refused().front().sentence;
}

void plugin_table::with_dependents(const std::string& plugin, dependents others, const char* what, step_of_one act,
                                   reply done) {
  const load_order order{present_needs(), setup_.platform};
  const auto first = order.stopped_before(plugin);
  if (first.empty()) return (this->*act)(plugin, std::move(done));
  if (others == dependents::forbid)
    return done(failure(ec::conflict, order.why_not_to_stop(plugin) + "; " + what +
                                          " those first, or say that they are to go with it (cascade)"));
  (this->*act)(first.front(), [=, this](const result<loaded_plugin>& gone) {
    if (!gone) return done(tl::unexpected<error>{gone.error()});
    with_dependents(plugin, others, what, act, done);
  });
}

// -- starting -------------------------------------------------------------------------------------------------------

/// Lives until the last plugin of the start is up, or is skipped.
class plugin_table::starter : public std::enable_shared_from_this<starter> {
 public:
  starter(plugin_table& table, std::vector<load_options> wanted, std::function<void(result<std::uint32_t>)> done)
      : table_{table}, done_{std::move(done)} {
    for (auto& options : wanted) wanted_.emplace(options.name, std::move(options));
  }

  void begin() {
    std::vector<resolvable_plugin> known;
    for (const auto& [name, options] : wanted_)
      if (const auto manifest = table_.setup_.sources->manifest_of(name)) {
        known.push_back(resolvable_plugin_of(*manifest));
        needs_.emplace(name, known.back().needs);
      }
    const load_order order{std::move(known), table_.setup_.platform};
    for (const auto& [plugin, sentence] : order.doing_without())
      table_.log(log_level::warn, "plugin " + plugin + " goes without another",
                 {{"plugin", plugin}, {"what", sentence}});
    for (const auto& [plugin, sentence] : order.refused()) skip(plugin, {ec::conflict, sentence});
    // What is not there at all says so itself when it is loaded.
    for (const auto& [name, options] : wanted_)
      if (!needs_.contains(name)) waiting_.push_back(name);
    const auto& to_load = order.to_load();
    waiting_.insert(waiting_.end(), to_load.begin(), to_load.end());
    begun_ = true;
    go_on();
  }

 private:
  /// Begins with all that wait for nobody.
  void go_on() {
    std::vector<std::string> ready;
    std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(ready),
                 [&](const auto& plugin) { return is_ready(plugin); });
    under_way_.insert(ready.begin(), ready.end());
    std::erase_if(waiting_, [&](const auto& plugin) { return under_way_.contains(plugin); });
    for (const auto& plugin : ready)
      table_.load(std::move(wanted_.at(plugin)), [self = shared_from_this(), plugin](const result<loaded_plugin>& r) {
        if (r)
          ++self->up_;
        else
          self->table_.log_skipped(plugin, r.error());
        self->under_way_.erase(plugin);
        self->go_on();
      });
    if (begun_ && under_way_.empty() && waiting_.empty())
      std::exchange(done_, [](const result<std::uint32_t>&) {})(up_);
  }

  /// Whether none of those that it needs is still to come; whether they are there, is seen when it is loaded.
  bool is_ready(const std::string& plugin) const {
    const auto its = needs_.find(plugin);
    if (its == needs_.end()) return true;
    return std::none_of(its->second.begin(), its->second.end(), [&](const auto& need) {
      return under_way_.contains(need.plugin) || stands_before(need.plugin, plugin);
    });
  }
  /// Those that close a circle of optional needs stand behind, and are not waited for.
  bool stands_before(const std::string& other, const std::string& plugin) const {
    const auto its = std::find(waiting_.begin(), waiting_.end(), other);
    return its < std::find(waiting_.begin(), waiting_.end(), plugin);
  }
  void skip(const std::string& plugin, const error& why) { table_.log_skipped(plugin, why); }

  plugin_table& table_;
  std::function<void(result<std::uint32_t>)> done_;
  std::map<std::string, load_options> wanted_;
  std::map<std::string, std::vector<resolvable_plugin::need>> needs_;
  std::vector<std::string> waiting_;              ///< In the order of loading.
  std::set<std::string, std::less<>> under_way_;  ///< Whose load has not answered.
  std::uint32_t up_ = 0;
  bool begun_ = false;
};

void plugin_table::start_all(std::vector<load_options> wanted, std::function<void(result<std::uint32_t>)> done) {
  std::make_shared<starter>(*this, std::move(wanted), std::move(done))->begin();
}

}  // namespace streamspace
