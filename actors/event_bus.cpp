#include <algorithm>
#include <vector>

#include <streamspace/actors/event_bus.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

/// A caller that waits takes the turn of a plugin whose items take less than this.
constexpr std::chrono::nanoseconds fast{100'000};
/// And with a deadline only if they take less than this part of it.
constexpr int part_of_deadline = 100;

constexpr std::size_t usual_matches = 16;

/// References that an emit gives its flight to begin with, so that handing one out costs nothing.
constexpr std::uint32_t plenty = 1U << 30U;

/// Gives a flight its references, and takes back those that were not handed out.
class references {
 public:
  void begin(flight& of) noexcept {
    of_ = &of;
    of.retain(plenty);
  }
  bool begun() const noexcept { return of_ != nullptr; }
  flight& hand_out() noexcept {
    ++handed_out_;
    return *of_;  // NOLINT(clang-analyzer-core.uninitialized.UndefReturn): only after begin().
  }
  ~references() {
    if (of_) of_->release(plenty - handed_out_ + 1);
  }

 private:
  flight* of_ = nullptr;
  std::uint32_t handed_out_ = 0;
};

/// Whether this subscription is to get this event at all.
bool wants(subscription& s, const event& e) {
  if (s.filter && !s.filter->admits(e)) return false;
  return !s.once || !s.used_up.exchange(true);
}

}  // namespace

emit_report event_bus::emit(event_ptr e) {
  emit_report report;
  references refs;
  /// What may have to wait for room, which nobody may do while reading the table.
  std::vector<route> patient;
  const auto deliver = [&](const route& to) {
    if (to.cell->push(event_delivery{refs.hand_out(), to.key}, *to.target)) {
      ++report.enqueued;
      return;
    }
    ++report.dropped;
    if (to.target->once) to.target->used_up = false;
    if (to.cell->overflow_of(*to.target).what == overflow_policy::kind::fail) report.failed.push_back(to.cell->name());
  };
  {
    const auto routes = routes_.read();
    routes->for_each_match(e->type(), [&](const route& r) {
      if (!r.cell->is_open() || !wants(*r.target, *e)) return;
      ++report.matched;
      if (!refs.begun()) refs.begin(*new flight{e});
      if (r.cell->overflow_of(*r.target).what == overflow_policy::kind::block)
        patient.push_back(r);
      else
        deliver(r);
    });
  }
  for (const auto& r : patient) deliver(r);
  return report;
}

result<void> event_bus::send_again(event_ptr e, std::string_view plugin, std::string_view pattern) {
  references refs;
  refs.begin(*new flight{std::move(e)});
  std::optional<route> target;
  routes_.read()->for_each([&](const route& r) {
    if (!target && r.cell->is_open() && r.cell->name() == plugin && r.target->pattern == pattern) target = r;
  });
  if (!target)
    return failure(ec::unavailable,
                   "no enabled plugin " + std::string{plugin} + " subscribes to '" + std::string{pattern} + "' now");
  return target->cell->push_again(event_delivery{refs.hand_out(), target->key}, *target->target);
}

sync_report event_bus::emit_sync(event_ptr e, std::chrono::milliseconds deadline) {
  const auto started = sync_call::clock::now();
  const auto patience = std::min<std::chrono::nanoseconds>(fast, std::min(deadline, longest_wait) / part_of_deadline);
  struct awaited {
    std::shared_ptr<plugin_cell> cell;
    subscription* target;  ///< The call keeps it alive.
    subscription_key key;
    bool helped;
  };
  auto* const call = new sync_call{e, plugin_cell::current(), plugin_cell::current_call(), started};
  references refs;
  refs.begin(*call);
  std::vector<awaited> matched;
  matched.reserve(usual_matches);
  call->reserve(usual_matches);
  {
    const auto routes = routes_.read();
    routes->for_each_match(e->type(), [&](const route& r) {
      if (!r.cell->is_open() || !wants(*r.target, *e)) return;
      call->expect(r.target);
      matched.push_back({r.cell, r.target.get(), r.key, r.cell->is_known_fast(patience)});
    });
  }
  const auto delivery_to = [&](std::size_t i) {
    return event_delivery{refs.hand_out(), matched[i].key, static_cast<std::uint32_t>(i)};
  };
  const auto push = [&](event_delivery delivery, const awaited& to) {
    if (!to.cell->push(std::move(delivery), *to.target) && to.target->once) to.target->used_up = false;
  };
  for (std::size_t i = 0; i < matched.size(); ++i)
    if (!matched[i].helped) push(delivery_to(i), matched[i]);
  // One after the other: a turn that turns out to be slow must not hold back those that would come after it.
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (!matched[i].helped) continue;
    auto delivery = delivery_to(i);
    if (!matched[i].cell->handle_if_idle(delivery, *matched[i].target)) push(std::move(delivery), matched[i]);
  }
  if (!call->all_answered()) {
    const blocking_scope waits;
    return call->wait_until(started + std::min(deadline, longest_wait));
  }
  return call->wait_until(started);
}

}  // namespace streamspace
