#include <streamspace/messages/event_figures.hpp>

namespace streamspace {

namespace {

double milliseconds(std::chrono::nanoseconds t) {
  return std::chrono::duration<double, std::milli>(t).count();
}

json shown(const latency_summary& of) {
  return {
      {"count", of.count}, {"p50", milliseconds(of.p50)}, {"p99", milliseconds(of.p99)}, {"max", milliseconds(of.max)}};
}

}  // namespace

void to_json(json& out, const event_type_figures& figures) {
  out = json{{"type", figures.type},          {"emitted", figures.emitted},          {"delivered", figures.delivered},
             {"failed", figures.failed},      {"dropped", figures.dropped},          {"retried", figures.retried},
             {"waitMs", shown(figures.wait)}, {"handlerMs", shown(figures.handling)}};
}

}  // namespace streamspace
