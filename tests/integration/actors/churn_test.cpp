// Events keep their order and arrive once, whatever comes, goes and crashes meanwhile.
#include <array>
#include <atomic>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <support/sanitizers.hpp>

#include "runtime_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace::testing {
namespace {

using ::testing::SizeIs;

constexpr std::uint64_t emitters = 4;
constexpr std::size_t loading = emitters;  ///< Who loads and who reloads plugins emits events, too.
constexpr std::size_t reloading = emitters + 1;
constexpr std::uint64_t each = sanitized ? 5'000 : 25'000;  ///< Events of one emitter.
constexpr std::uint64_t stretches = 25;
constexpr std::uint64_t stretch = each / stretches;
constexpr std::uint64_t total = emitters * each;
constexpr std::uint64_t poisonous = 5 * emitters;  ///< Events that crash whoever handles them.
constexpr unsigned most_attempts = 3;

struct numbered {
  numbered(std::size_t of, std::uint64_t number) : emitter{of}, n{number} {}
  explicit numbered(const event& e) : numbered{e.data().at("emitter"), e.data().at("n")} {}
  std::size_t emitter;
  std::uint64_t n;
};

/// What a plugin handled of each emitter's events, whichever of its instances it was.
class sightings {
 public:
  void see(const numbered& what) {
    std::lock_guard lock{mutex_};
    auto& last = last_.at(what.emitter);
    if (what.n <= last) ++late_or_double_;
    last = what.n;
    ++count_;
  }
  /// The last one of this emitter.
  std::uint64_t last(std::size_t emitter) const {
    std::lock_guard lock{mutex_};
    return last_.at(emitter);
  }
  std::uint64_t count() const {
    std::lock_guard lock{mutex_};
    return count_;
  }
  /// Events that came after a later one of the same emitter, or again.
  std::uint64_t late_or_double() const {
    std::lock_guard lock{mutex_};
    return late_or_double_;
  }

 private:
  mutable std::mutex mutex_;
  std::array<std::uint64_t, emitters + 2> last_{};
  std::uint64_t count_ = 0;
  std::uint64_t late_or_double_ = 0;
};

/// Which events crash their handler: one of an emitter's stretch at the first attempt, and now and then one at every
/// attempt.
class crash_plan {
 public:
  static bool is_poison(const numbered& what) { return what.n % (5 * stretch) == 1; }
  static bool crashes_once(const numbered& what) { return what.n % stretch == 0; }

  /// Counts an attempt; whether it crashes.
  bool crashes(const numbered& what) {
    if (what.emitter >= emitters || (!is_poison(what) && !crashes_once(what))) return false;
    std::lock_guard lock{mutex_};
    return ++attempts_[{what.emitter, what.n}] == 1 || is_poison(what);
  }
  std::map<std::pair<std::size_t, std::uint64_t>, unsigned> attempts() const {
    std::lock_guard lock{mutex_};
    return attempts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::size_t, std::uint64_t>, unsigned> attempts_;
};

class Churn : public runtime_test {
 protected:
  static plugin_factory sees(const std::string& name, std::shared_ptr<sightings> seen) {
    return scripted(name, {.on_load = [seen](plugin_context& ctx) {
                      ctx.events().on("number.*", [seen](const event& e) { seen->see(numbered{e}); });
                    }});
  }

  plugin_factory crashing() {
    auto plugin = scripted("crashing", {.on_load = [plan = plan_, seen = crashing_](plugin_context& ctx) {
                             ctx.events().on("number.*", [plan, seen](const event& e) {
                               const numbered what{e};
                               if (plan->crashes(what)) throw plugin_crash{"not this one"};
                               seen->see(what);
                             });
                           }});
    plugin.manifest.extra["supervision"] = {
        {"most_attempts", most_attempts},
        {"restarts", {{"most", 1'000}, {"first_delay_ms", 0}, {"longest_delay_ms", 0}, {"jitter", 0}}}};
    return plugin;
  }

  /// At every 40th event of the first emitter it takes a second subscription, or gives it up. It has one at the end of
  /// the first stretch.
  plugin_factory restless() {
    return scripted("restless", {.on_load = [kept = restless_, second = second_](plugin_context& ctx) {
                      ctx.events().on("number.*", [kept, second, &ctx, has_second = false](const event& e) mutable {
                        const numbered what{e};
                        kept->see(what);
                        if (what.emitter != 0 || what.n % 40 != 0) return;
                        if (has_second)
                          ctx.events().off("number.>");
                        else
                          ctx.events().on("number.>", [second](const event& again) { second->see(numbered{again}); });
                        has_second = !has_second;
                      });
                    }});
  }

  void emit(runtime& rt, std::size_t emitter, std::uint64_t n) {
    dropped_ += rt.emit("number.e" + std::to_string(emitter), json{{"emitter", emitter}, {"n", n}}).dropped;
  }
  /// Emits all numbers of one emitter; after each stretch waits until everything has come and gone once more.
  void emit_all(runtime& rt, std::size_t emitter) {
    for (std::uint64_t n = 1; n <= each; ++n) {
      emit(rt, emitter, n);
      if (n % stretch != 0) continue;
      if (!eventually(
              [&] { return loads_ >= n / stretch && reloads_ >= n / stretch && restless_->last(emitter) >= n; }))
        return;
    }
  }

  std::shared_ptr<sightings> steady_ = std::make_shared<sightings>();
  std::shared_ptr<sightings> crashing_ = std::make_shared<sightings>();
  std::shared_ptr<sightings> restless_ = std::make_shared<sightings>();
  std::shared_ptr<sightings> second_ = std::make_shared<sightings>();
  std::shared_ptr<sightings> guest_ = std::make_shared<sightings>();
  std::shared_ptr<sightings> reloaded_ = std::make_shared<sightings>();
  std::shared_ptr<crash_plan> plan_ = std::make_shared<crash_plan>();
  std::atomic<std::uint64_t> loads_{0};
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

TEST_F(Churn, LeavesEachEmittersEventsInOrderAndLosesAndDoublesNone) {
  auto settings = options();
  settings.inbox.events = 4 * total;
  settings.inbox.event_bytes = std::size_t{1} << 31U;
  const auto rt = started(
      {sees("steady", steady_), crashing(), restless(), sees("reloaded", reloaded_), sees("guest", guest_)}, settings);
  for (const auto* name : {"steady", "crashing", "restless", "reloaded"}) rt->load({.name = name});
  {
    std::jthread loads{[&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        rt->load({.name = "guest"});
        emit(*rt, loading, loads_ + 1);
        rt->unload("guest");
        ++loads_;
      }
    }};
    std::jthread reloads{[&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        rt->reload("reloaded");
        emit(*rt, reloading, reloads_ + 1);
        ++reloads_;
      }
    }};
    std::vector<std::jthread> emitting;
    for (std::size_t emitter = 0; emitter < emitters; ++emitter)
      emitting.emplace_back([&, emitter] { emit_all(*rt, emitter); });
    emitting.clear();
  }
  const auto all = total + loads_ + reloads_;
  EXPECT_TRUE(eventually([&] { return steady_->count() >= all; })) << steady_->count() << " of " << all;
  EXPECT_TRUE(eventually([&] { return restless_->count() >= all; })) << restless_->count() << " of " << all;
  EXPECT_TRUE(eventually([&] { return crashing_->count() >= all - poisonous; })) << crashing_->count() << " of " << all;
  EXPECT_EQ(steady_->count(), all);
  EXPECT_EQ(restless_->count(), all);
  EXPECT_EQ(crashing_->count(), all - poisonous);
  EXPECT_GE(guest_->count(), loads_);
  EXPECT_GE(reloaded_->count(), reloads_);
  EXPECT_GT(second_->count(), 0U);
  for (const auto& seen : {steady_, crashing_, restless_, second_, guest_, reloaded_})
    EXPECT_EQ(seen->late_or_double(), 0U);

  std::uint64_t crashes = 0;
  for (const auto& [event, attempts] : plan_->attempts()) {
    const auto poison = crash_plan::is_poison({event.first, event.second});
    EXPECT_EQ(attempts, poison ? most_attempts : 2U) << "emitter " << event.first << ", event " << event.second;
    crashes += poison ? attempts : 1;
  }
  EXPECT_EQ(crashes, poisonous * most_attempts + stretches * emitters);
  EXPECT_TRUE(eventually([&] { return rt->plugin("crashing")->counters.restarts == crashes; }));
  EXPECT_EQ(rt->list_dead_letters({.cause = dead_letter_cause::poison}).size(), poisonous);
  EXPECT_EQ(rt->list_dead_letters().size(), poisonous + dropped_) << "the others were told to the emitters";
}

}  // namespace
}  // namespace streamspace::testing
