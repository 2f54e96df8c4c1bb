#include <bench/scheduler/next_instants.hpp>
#include <bench/scheduler/scheduler_suite.hpp>

namespace streamspace::bench {

namespace {

suite_content scheduler_content() {
  suite_content content;
  const std::vector<std::string> zones{"UTC", "Europe/Berlin"};
  for (const std::string expression : {"* * * * *", "*/5 * * * *", "0 9,17 * * MON-FRI", "0 0 1 * *", "0 0 29 2 *"})
    for (const auto& zone : zones) {
      const json params{{"expression", expression}, {"zone", zone}};
      content.measurements.push_back(
          measurement_of({"scheduler.next", params, "instants/s"}, [=] { return next_instants(expression, zone); }));
      content.bars.push_back({{"scheduler.next", params}, {}, bar::sense::at_least, 1e6});
    }
  return content;
}

}  // namespace

suite scheduler_suite() {
  return {"scheduler", "when jobs are due", scheduler_content};
}

}  // namespace streamspace::bench
