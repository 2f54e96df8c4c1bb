#include <gtest/gtest.h>

#include <streamspace/messages/event_figures.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

TEST(EventFigures, ShowTimesInMilliseconds) {
  event_type_figures figures;
  figures.type = "a.b";
  figures.emitted = 5;
  figures.delivered = 3;
  figures.failed = 1;
  figures.dropped = 1;
  figures.retried = 2;
  figures.wait = {4, 6ms, 1500us, 2ms, 2500us};
  const json shown = figures;
  EXPECT_EQ(shown, json::parse(R"({"type": "a.b", "emitted": 5, "delivered": 3, "failed": 1, "dropped": 1,
                                   "retried": 2, "waitMs": {"count": 4, "p50": 1.5, "p99": 2.0, "max": 2.5},
                                   "handlerMs": {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}})"));
}

}  // namespace
}  // namespace streamspace
