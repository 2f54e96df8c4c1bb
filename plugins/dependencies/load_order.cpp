#include <algorithm>
#include <functional>
#include <unordered_map>

#include <streamspace/messages/plugin_needs.hpp>
#include <streamspace/plugins/dependencies/load_order.hpp>
#include <streamspace/plugins/dependencies/plugin_graph.hpp>
#include <streamspace/plugins/dependencies/semver_range.hpp>

namespace streamspace {

namespace {

using plugin_graph::edges;
using plugin_graph::node;

/// Sentences stay readable, whatever manifests have in them.
constexpr std::size_t longest_text = 64;
constexpr std::size_t most_causes = 3;
constexpr std::size_t longest_chain = 7;

constexpr semver_range::options every_server{.include_prerelease = true};

std::string shown(std::string_view text) {
  return text.size() <= longest_text ? std::string{text} : std::string{text.substr(0, longest_text)} + "...";
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? std::string{} : std::string{between}) + part;
  return text;
}

/// "a -> b -> ... 9,000 more ... -> z": the beginning and the end where there are too many.
std::string chain_of(const std::vector<std::string>& begin, std::size_t left_out, const std::vector<std::string>& end) {
  auto text = joined(begin, " -> ");
  if (left_out > 0) text += " -> (" + std::to_string(left_out) + " more)";
  if (!end.empty()) text += " -> " + joined(end, " -> ");
  return text;
}

/// The ranges of manifests repeat themselves: each text is read once.
class known_ranges {
 public:
  const result<semver_range>& read(const std::string& text) {
    const auto it = ranges_.find(text);
    return it != ranges_.end() ? it->second : ranges_.emplace(text, semver_range::parse(text)).first->second;
  }

 private:
  std::unordered_map<std::string, result<semver_range>> ranges_;
};

}  // namespace

class load_order::solver {
 public:
  solver(std::vector<resolvable_plugin> installed, const semver& server)
      : plugins_{std::move(installed)}, server_{server} {
    std::sort(plugins_.begin(), plugins_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    index_names();
    versions_.reserve(plugins_.size());
    for (const auto& plugin : plugins_) versions_.push_back(semver::parse(plugin.version));
    needed_.resize(plugins_.size());
    wished_.resize(plugins_.size());
    refusals_.resize(plugins_.size());
  }

  void solve(load_order& into) {
    for (node n = 0; n < plugins_.size(); ++n)
      if (plugins_[n].enabled) judge(n);
    refuse_circles();
    refuse_dependents();
    into.to_load_ = names_of(order());
    report(into);
  }

 private:
  struct refusal {
    std::string cause;  ///< Of its own. Empty: through `through`.
    std::optional<node> through;
    node root = 0;  ///< Whose own cause it comes from.
    node above_root = 0;
    std::size_t depth = 0;  ///< How many steps away that is.
  };

  void index_names() {
    places_.reserve(plugins_.size());
    for (node n = 0; n < plugins_.size(); ++n)
      if (!places_.emplace(plugins_[n].name, n).second)
        throw error{ec::invalid_argument, "two plugins bear the name '" + shown(plugins_[n].name) + "'"};
  }

  bool is_refused(node n) const { return refusals_[n].has_value(); }
  bool is_loadable(node n) const { return plugins_[n].enabled && !is_refused(n); }

  std::string label(node n) const { return shown(plugins_[n].name) + " " + shown(plugins_[n].version); }

  static std::string label(const resolvable_plugin::need& need) {
    return shown(need.plugin) + (need.range && !need.range->empty() ? " " + shown(*need.range) : "");
  }

  /// Looks at what a plugin needs by itself: the server, and plugins that are there.
  void judge(node n) {
    const auto& plugin = plugins_[n];
    std::vector<std::string> causes;
    if (!versions_[n]) causes.push_back(shown(plugin.name) + " cannot be loaded: " + versions_[n].error().message());
    judge_server(n, causes);
    for (const auto& need : plugin.needs) {
      const auto it = places_.find(need.plugin);
      const auto target = it == places_.end() ? std::nullopt : std::optional{it->second};
      const auto why = why_unmet(need, target);
      if (why.empty())
        add_edge(need.optional ? wished_[n] : needed_[n], *target);
      else if (need.optional)
        missed_.push_back({n, label(n) + " goes without " + label(need) + why});
      else
        causes.push_back(label(n) + " needs " + label(need) + why);
    }
    if (causes.empty()) return;
    const auto left_out = causes.size() - std::min(causes.size(), most_causes);
    causes.resize(causes.size() - left_out);
    refuse(n, joined(causes, "; ") + (left_out > 0 ? "; and " + std::to_string(left_out) + " more" : ""));
  }

  static void add_edge(std::vector<node>& to, node target) {
    if (std::find(to.begin(), to.end(), target) == to.end()) to.push_back(target);
  }

  void judge_server(node n, std::vector<std::string>& causes) const {
    const auto& plugin = plugins_[n];
    const auto judge_one = [&](const std::optional<std::string>& wanted, auto read, std::string_view than) {
      if (!wanted) return;
      const result<semver_range> range = read(*wanted, every_server);
      if (!range)
        causes.push_back(label(n) + " says wrongly which StreamSpace it needs: " + range.error().message());
      else if (!range->contains(server_))
        causes.push_back(label(n) + " needs StreamSpace " + shown(*wanted) + std::string{than} +
                         ", but this server is " + to_string(server_));
    };
    using parse = result<semver_range> (*)(std::string_view, semver_range::options);
    judge_one(plugin.streamspace_version, static_cast<parse>(&semver_range::parse), "");
    judge_one(plugin.minimum_version, &semver_range::at_least, " or newer");
    judge_one(plugin.maximum_version, &semver_range::at_most, " or older");
  }

  /// What follows "needs slack ^2.0.0"; empty when it is met, as far as the other plugin's own needs allow.
  std::string why_unmet(const resolvable_plugin::need& need, std::optional<node> target) {
    if (!target) return ", which is not installed";
    if (!plugins_[*target].enabled) return ", which is disabled";
    if (!need.range || !versions_[*target]) return {};
    const auto& range = ranges_.read(*need.range);
    if (!range) return ", but " + range.error().message();
    return range->contains(*versions_[*target]) ? "" : ", but " + shown(plugins_[*target].version) + " is installed";
  }

  void refuse(node n, std::string cause) { refusals_[n] = refusal{std::move(cause), {}, n, n, 0}; }

  /// Of each set of plugins that need each other, those of one circle; the others fail through these.
  void refuse_circles() {
    edges open(plugins_.size());
    for (node n = 0; n < plugins_.size(); ++n)
      if (is_loadable(n))
        for (const auto to : needed_[n])
          if (is_loadable(to)) open[n].push_back(to);
    const auto component = plugin_graph::components(open);
    for (node n = 0; n < open.size(); ++n) {
      auto& to = open[n];
      to.erase(std::remove_if(to.begin(), to.end(), [&](node t) { return component[t] != component[n]; }), to.end());
    }
    std::vector<bool> looked_at(plugins_.size());
    for (node n = 0; n < open.size(); ++n) {
      if (open[n].empty() || looked_at[component[n]]) continue;
      looked_at[component[n]] = true;
      const auto circle = plugin_graph::shortest_circle(open, n);
      const auto cause = circle_sentence(circle);
      for (const auto member : circle) refuse(member, cause);
    }
  }

  std::string circle_sentence(const std::vector<node>& circle) const {
    const auto name = [&](std::size_t i) { return shown(plugins_[circle[i]].name); };
    if (circle.size() == 1) return name(0) + " depends on itself";
    std::vector<std::string> begin;
    std::vector<std::string> end;
    const auto shown_at_end = std::min(circle.size() - 1, longest_chain / 2);
    const auto shown_at_begin = std::min(circle.size() - shown_at_end, longest_chain - shown_at_end);
    for (std::size_t i = 0; i < shown_at_begin; ++i) begin.push_back(name(i));
    for (std::size_t i = circle.size() - shown_at_end; i < circle.size(); ++i) end.push_back(name(i));
    end.push_back(name(0));
    return chain_of(begin, circle.size() - shown_at_begin - shown_at_end, end) + " depend on each other";
  }

  void refuse_dependents() {
    const auto dependents = plugin_graph::reversed(needed_);
    std::vector<node> queue;
    for (node n = 0; n < plugins_.size(); ++n)
      if (is_refused(n)) queue.push_back(n);
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const auto failed = queue[i];
      for (const auto dependent : dependents[failed]) {
        if (!is_loadable(dependent)) continue;
        const auto& below = *refusals_[failed];
        refusals_[dependent] =
            refusal{{}, failed, below.root, below.depth == 0 ? dependent : below.above_root, below.depth + 1};
        queue.push_back(dependent);
      }
    }
  }

  std::string sentence(node n) const {
    const auto& why = *refusals_[n];
    if (!why.through) return why.cause;
    const auto& needs = plugins_[n].needs;
    const auto need = std::find_if(needs.begin(), needs.end(), [&](const auto& each) {
      return !each.optional && each.plugin == plugins_[*why.through].name;
    });
    return label(n) + " needs " + label(*need) + ", which cannot be loaded" +
           (why.depth > 1 ? " (" + chain_to_root(n) + ")" : "") + ": " + refusals_[why.root]->cause;
  }

  std::string chain_to_root(node n) const {
    const auto& why = *refusals_[n];
    std::vector<std::string> begin;
    std::vector<std::string> end;
    const auto length = why.depth + 1;
    const auto whole = length <= longest_chain;
    auto at = std::optional{n};
    for (std::size_t i = 0; at && i < (whole ? length : longest_chain - 2); ++i) {
      begin.push_back(shown(plugins_[*at].name));
      at = refusals_[*at]->through;
    }
    if (!whole) end = {shown(plugins_[why.above_root].name), shown(plugins_[why.root].name)};
    return chain_of(begin, length - begin.size() - end.size(), end);
  }

  /// Needed and wished, without wishes that close a circle.
  std::vector<node> order() {
    edges all(plugins_.size());
    const auto add_loadable = [&](node n, const std::vector<node>& targets) {
      for (const auto to : targets)
        if (is_loadable(to)) add_edge(all[n], to);
    };
    for (node n = 0; n < plugins_.size(); ++n) {
      if (!is_loadable(n)) continue;
      add_loadable(n, needed_[n]);
      add_loadable(n, wished_[n]);
    }
    const auto component = plugin_graph::components(all);
    for (node n = 0; n < all.size(); ++n) {
      auto& to = all[n];
      const auto closes_circle = [&](node t) {
        return component[t] == component[n] && std::find(needed_[n].begin(), needed_[n].end(), t) == needed_[n].end();
      };
      to.erase(std::remove_if(to.begin(), to.end(), closes_circle), to.end());
    }
    auto order = plugin_graph::dependencies_first(all);
    order.erase(std::remove_if(order.begin(), order.end(), [&](node n) { return !is_loadable(n); }), order.end());
    place_.assign(plugins_.size(), 0);
    for (index i = 0; i < order.size(); ++i) place_[order[i]] = i;
    return order;
  }

  std::vector<std::string> names_of(const std::vector<node>& nodes) const {
    std::vector<std::string> names;
    names.reserve(nodes.size());
    for (const auto n : nodes) names.push_back(plugins_[n].name);
    return names;
  }

  void report(load_order& into) {
    into.dependents_.resize(into.to_load_.size());
    for (node n = 0; n < plugins_.size(); ++n) {
      if (is_refused(n)) into.refused_.push_back({plugins_[n].name, sentence(n)});
      if (!is_loadable(n)) continue;
      into.by_name_.push_back(place_[n]);
      for (const auto to : needed_[n]) into.dependents_[place_[to]].push_back(place_[n]);
      for (const auto to : wished_[n])
        if (is_refused(to))
          missed_.push_back({n, label(n) + " goes without " + shown(plugins_[to].name) + ", which cannot be loaded"});
    }
    std::stable_sort(missed_.begin(), missed_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [n, why] : missed_)
      if (is_loadable(n)) into.doing_without_.push_back({plugins_[n].name, std::move(why)});
  }

  std::vector<resolvable_plugin> plugins_;  ///< By name; a node is a place in here.
  semver server_;
  std::unordered_map<std::string_view, node> places_;
  std::vector<result<semver>> versions_;
  known_ranges ranges_;
  edges needed_;
  edges wished_;
  std::vector<std::optional<refusal>> refusals_;
  std::vector<std::pair<node, std::string>> missed_;
  std::vector<index> place_;  ///< In the order of loading.
};

resolvable_plugin resolvable_plugin_of(const plugin_manifest& manifest, bool enabled) {
  resolvable_plugin plugin{.name = manifest.name,
                           .version = manifest.version,
                           .enabled = enabled,
                           .needs = {},
                           .streamspace_version = manifest.requirements.streamspace_version,
                           .minimum_version = manifest.requirements.minimum_version,
                           .maximum_version = manifest.requirements.maximum_version};
  for (auto& need : needs_of(manifest))
    plugin.needs.push_back({std::move(need.name), std::move(need.range), need.optional});
  return plugin;
}

load_order::load_order(std::vector<resolvable_plugin> installed, const semver& server) {
  solver{std::move(installed), server}.solve(*this);
}

std::vector<std::string> load_order::to_stop() const {
  return {to_load_.rbegin(), to_load_.rend()};
}

std::string_view load_order::why_refused(std::string_view plugin) const noexcept {
  const auto it = std::lower_bound(refused_.begin(), refused_.end(), plugin,
                                   [](const note& n, std::string_view name) { return n.plugin < name; });
  return it != refused_.end() && it->plugin == plugin ? std::string_view{it->sentence} : std::string_view{};
}

std::optional<load_order::index> load_order::place_of(std::string_view plugin) const {
  const auto it = std::lower_bound(by_name_.begin(), by_name_.end(), plugin,
                                   [&](index place, std::string_view name) { return to_load_[place] < name; });
  if (it == by_name_.end() || to_load_[*it] != plugin) return std::nullopt;
  return *it;
}

std::vector<std::string> load_order::names_at(std::vector<index> places) const {
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const auto place : places) names.push_back(to_load_[place]);
  return names;
}

std::vector<std::string> load_order::needed_by(std::string_view plugin) const {
  const auto place = place_of(plugin);
  if (!place) return {};
  auto names = names_at(dependents_[*place]);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> load_order::stopped_before(std::string_view plugin) const {
  const auto place = place_of(plugin);
  if (!place) return {};
  auto places = plugin_graph::reachable(dependents_, *place);
  std::sort(places.begin(), places.end(), std::greater<>{});
  return names_at(std::move(places));
}

std::string load_order::why_not_to_stop(std::string_view plugin) const {
  const auto direct = needed_by(plugin);
  if (direct.empty()) return {};
  std::vector<std::string> others;
  for (auto& name : stopped_before(plugin))
    if (!std::binary_search(direct.begin(), direct.end(), name)) others.push_back(std::move(name));
  std::sort(others.begin(), others.end());
  const auto list = [](std::vector<std::string> names) {
    constexpr std::size_t most = 10;
    const auto left_out = names.size() - std::min(names.size(), most);
    names.resize(names.size() - left_out);
    for (auto& name : names) name = shown(name);
    return joined(names, ", ") + (left_out > 0 ? " and " + std::to_string(left_out) + " more" : "");
  };
  return shown(plugin) + " is needed by " + list(direct) +
         (others.empty() ? ""
                         : ", and through " + std::string{direct.size() == 1 ? "it" : "them"} + " by " + list(others));
}

}  // namespace streamspace
