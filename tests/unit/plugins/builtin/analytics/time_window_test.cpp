#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/builtin/analytics/session_step.hpp>
#include <streamspace/plugins/builtin/analytics/time_window.hpp>

namespace streamspace::builtin {
namespace {

using std::chrono::hours;

const timestamp noon = parse_rfc3339("2026-03-29T12:00:00Z").value();

time_window window_of(name_values queries) {
  request rq;
  rq.queries = std::move(queries);
  return read_time_window(rq, noon, hours{24});
}

TEST(TimeWindow, EndsNowAndHasTheUsualLength) {
  EXPECT_EQ(window_of({}), (time_window{noon - hours{24}, noon}));
  EXPECT_EQ(window_of({{"since", "2026-03-29T11:00:00Z"}}), (time_window{noon - hours{1}, noon}));
  EXPECT_EQ(window_of({{"until", "2026-03-28T12:00:00Z"}}), (time_window{noon - hours{48}, noon - hours{24}}));
  EXPECT_EQ(window_of({{"since", "2025-03-28T12:00:00Z"}}).since, noon - longest_window);
}

TEST(TimeWindow, MustHaveALengthThatCanBeAnswered) {
  for (const auto& queries : std::vector<name_values>{{{"since", "2026-03-29T12:00:00Z"}},
                                                      {{"since", "2026-03-30T12:00:00Z"}},
                                                      {{"since", "2025-03-28T11:59:59Z"}},
                                                      {{"since", "2026-03-29T12:00:00"}},
                                                      {{"limit", "1"}}})
    EXPECT_EQ(testing::failure_of([&] { window_of(queries); })->code(), ec::invalid_argument) << queries[0].second;
}

TEST(SessionStep, NamesTheStateAfterIt) {
  std::string all;
  for (const auto step : all_session_steps)
    all += std::string{to_string(step)} + ">" + std::string{state_after(step)} + " ";
  EXPECT_EQ(all,
            "created>pending started>running hibernated>hibernated woken>running stopped>stopped deleted>deleted ");
}

}  // namespace
}  // namespace streamspace::builtin
