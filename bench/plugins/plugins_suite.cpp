#include <bench/plugins/plugin_loads.hpp>
#include <bench/plugins/plugins_suite.hpp>
#include <bench/plugins/reload_load.hpp>
#include <bench/plugins/service_calls.hpp>

namespace streamspace::bench {

namespace {

suite_content plugins_content() {
  suite_content content;
  const auto add = [&](std::string name, json params, std::string unit, double at_most, std::function<double()> run) {
    content.measurements.push_back(measurement_of({name, params, std::move(unit)}, std::move(run)));
    content.bars.push_back({{std::move(name), std::move(params)}, {}, bar::sense::at_most, at_most});
  };
  add("plugins.load_builtin", {{"count", 100}}, "ms", 150, [] { return load_builtin_ms(100); });
  add("plugins.load_so", {{"count", 50}}, "ms each", 5, [] { return load_file_ms(50); });
  add("plugins.idle_memory", {{"count", 200}}, "KiB each", 64, [] { return idle_builtin_kib(200); });
  add("plugins.idle_memory_so", {{"count", 50}}, "KiB each", 64, [] { return idle_file_kib(50); });
  add("plugins.compile_s", json::object(), "s", 3, [] { return compile_seconds(headers::precompiled); });
  content.measurements.push_back(measurement_of({"plugins.compile_all_s", json::object(), "s"},
                                                [] { return compile_seconds(headers::as_they_are); }));
  content.measurements.push_back({{{"plugins.reload_ms", json::object(), "ms"},
                                   {"plugins.reload_failed", json::object(), "requests"},
                                   {"plugins.reload_lost", json::object(), "events"}},
                                  reload_under_load});
  const auto compare = [&](std::string name, json params, std::function<double()> run) {
    content.measurements.push_back(measurement_of({std::move(name), std::move(params), "K/s"}, std::move(run)));
  };
  compare("plugins.service_call", {{"way", "call"}}, [] { return service_calls(100'000); });
  compare("plugins.service_call", {{"way", "call_then"}}, [] { return service_calls_then(100'000); });
  compare("peer.caf_request", json::object(), [] { return caf_requests(20'000); });
  compare("plugins.events", {{"to", "class"}}, [] { return events_to_a_class(200'000); });
  compare("plugins.events", {{"to", "actor"}}, [] { return events_to_an_actor(200'000); });
  content.bars.push_back({{"plugins.reload_failed"}, {}, bar::sense::exactly, 0});
  content.bars.push_back({{"plugins.reload_lost"}, {}, bar::sense::exactly, 0});
  return content;
}

}  // namespace

suite plugins_suite() {
  return {"plugins", "loading plugins, and what they take", plugins_content};
}

}  // namespace streamspace::bench
