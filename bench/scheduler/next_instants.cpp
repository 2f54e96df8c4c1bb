#include <chrono>

#include <bench/scheduler/next_instants.hpp>

#include <streamspace/plugins/schedule/cron_schedule.hpp>

namespace streamspace::bench {

double next_instants(const std::string& expression, const std::string& zone) {
  using clock = std::chrono::steady_clock;
  const cron_schedule schedule{value_or_raise(cron_expression::parse(expression)),
                               value_or_raise(time_zone::find(zone))};
  const timestamp first = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  const timestamp last = std::chrono::sys_days{std::chrono::year{2046} / 1 / 1};
  constexpr int batch = 10'000;
  const auto begin = clock::now();
  const auto end = begin + std::chrono::milliseconds{500};
  auto t = first;
  double found = 0;
  auto stopped = begin;
  do {
    for (int i = 0; i < batch; ++i) {
      const auto next = schedule.next(t);
      t = next && *next < last ? *next : first;
    }
    found += batch;
    stopped = clock::now();
  } while (stopped < end);
  return found / std::chrono::duration<double>(stopped - begin).count();
}

}  // namespace streamspace::bench
