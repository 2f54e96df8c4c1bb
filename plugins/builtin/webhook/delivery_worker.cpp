#include <algorithm>
#include <utility>

#include <streamspace/plugins/builtin/webhook/delivery_worker.hpp>

namespace streamspace::builtin {

namespace {

using std::chrono::milliseconds;

/// Outcomes that wait for the database; past this no further attempt is begun.
constexpr std::size_t most_unsaved = 1'000;
constexpr std::chrono::seconds between_saves{1};
constexpr std::chrono::seconds between_failure_lines{10};
constexpr std::chrono::seconds longest_wait{10};

}  // namespace

delivery_worker::delivery_worker(const webhook_config& config, delivery_store& store, plugin_logger log,
                                 webhook_counters& counters, std::string user_agent,
                                 std::vector<delivery_store::addressed> pending)
    : config_{config},
      store_{store},
      log_{std::move(log)},
      counters_{counters},
      transfers_{std::move(user_agent), config.proxy},
      // Each lane may have one attempt under way when the limit is reached.
      unsaved_{most_unsaved + config.endpoints.size() + 1},
      failure_lines_(config.endpoints.size(), log_limit{between_failure_lines}) {
  const auto burst = std::max(1, static_cast<int>(config.rate_per_second));
  for (const auto& endpoint : config.endpoints)
    lanes_.emplace_back(endpoint.retry, token_bucket{config.rate_per_second, burst});
  for (auto& [endpoint, d] : pending) lanes_[endpoint].add(std::move(d));
  thread_ = std::thread{[this] { run(); }};
}

delivery_worker::~delivery_worker() {
  stop(milliseconds{0});
}

bool delivery_worker::has_room(std::size_t endpoint) const {
  std::lock_guard lock{mutex_};
  return lanes_[endpoint].size() < config_.queue_limit;
}

void delivery_worker::add(delivery_store::addressed d) {
  {
    std::lock_guard lock{mutex_};
    if (broken_)
      throw error{ec::unavailable,
                  "the webhook thread has ended by a fault, which is in the log; the delivery stays pending, "
                  "reload the plugin to send it"};
    lanes_[d.first].add(std::move(d.second));
  }
  transfers_.wake();
}

std::size_t delivery_worker::queued() const {
  std::lock_guard lock{mutex_};
  std::size_t sum = 0;
  for (const auto& lane : lanes_) sum += lane.size();
  return sum;
}

void delivery_worker::stop(milliseconds deadline) {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock{mutex_};
    stop_at_ = clock::now() + deadline;
  }
  transfers_.wake();
  thread_.join();
}

void delivery_worker::run() noexcept {
  try {
    work();
  } catch (...) {
    const auto text = describe_current_exception();
    log_.fatal("the webhook thread has ended by a fault; deliveries stay pending until the plugin is reloaded",
               {{"exception", text.type}, {"what", text.what}});
    std::lock_guard lock{mutex_};
    broken_ = true;
  }
}

void delivery_worker::work() {
  while (!may_end(clock::now())) {
    start_due(clock::now());
    const auto ended = transfers_.wait(pause(clock::now()));
    const auto now = clock::now();
    for (const auto& attempt : ended) settle(attempt, now);
    save(now);
  }
  break_off();
  save_again_at_ = {};
  save(clock::now());
  if (!unsaved_.empty())
    log_.warn("deliveries will be sent once more: what became of them could not be written",
              {{"deliveries", unsaved_.size()}});
}

bool delivery_worker::may_end(clock::time_point now) const {
  std::lock_guard lock{mutex_};
  if (!stop_at_) return false;
  return now >= *stop_at_ || std::none_of(lanes_.begin(), lanes_.end(), [this](const auto& lane) {
           const auto next = lane.next_attempt();
           return lane.under_way() || (next && *next < *stop_at_);
         });
}

void delivery_worker::start_due(clock::time_point now) {
  if (unsaved_.size() >= most_unsaved) return;
  std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const auto next = lanes_[i].next_attempt();
    if (!next || *next > now) continue;
    const auto& d = lanes_[i].begin(now);
    const auto& endpoint = config_.endpoints[i];
    const auto since_1970 =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    transfers_.start(i, {endpoint.url, d.body, delivery_headers(endpoint, d.event_id, d.event_type, d.body, since_1970),
                         endpoint.timeout});
  }
}

milliseconds delivery_worker::pause(clock::time_point now) const {
  auto until = now + longest_wait;
  if (!unsaved_.empty()) until = std::min(until, save_again_at_);
  std::lock_guard lock{mutex_};
  if (stop_at_) until = std::min(until, *stop_at_);
  if (unsaved_.size() < most_unsaved)
    for (const auto& lane : lanes_)
      if (const auto next = lane.next_attempt()) until = std::min(until, *next);
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(until - now));
}

void delivery_worker::settle(const http_transfers::ended& attempt, clock::time_point now) {
  const auto settled = [&] {
    std::lock_guard lock{mutex_};
    return lanes_[attempt.key].finish(attempt.result, now, std::uniform_real_distribution<>{}(random_));
  }();
  const auto status = attempt.result.status == 0 ? std::optional<int>{} : attempt.result.status;
  const auto& d = settled.what;
  switch (settled.outcome) {
    case verdict::delivered:
      ++counters_.delivered;
      unsaved_.push({d.row, "delivered", d.attempts, status, ""});
      return;
    case verdict::retry:
      ++counters_.retried;
      unsaved_.push({d.row, "pending", d.attempts, status, describe(attempt.result)});
      return;
    case verdict::failed:
      ++counters_.failed;
      if (const auto count = failure_lines_[attempt.key].count(now))
        log_.warn("a delivery has failed", {{"endpoint", config_.endpoints[attempt.key].name},
                                            {"event", d.event_id},
                                            {"type", d.event_type},
                                            {"attempts", d.attempts},
                                            {"why", describe(attempt.result)},
                                            {"failedSinceLastLine", *count}});
      unsaved_.push({d.row, "failed", d.attempts, status, describe(attempt.result)});
      return;
  }
}

void delivery_worker::break_off() {
  transfers_.cancel_all();
  std::lock_guard lock{mutex_};
  for (auto& lane : lanes_) {
    if (!lane.under_way()) continue;
    const auto d = lane.abandon();
    ++counters_.failed;
    unsaved_.push(
        {d.row, "failed", d.attempts + 1, {}, "broken off: the plugin was disabled before the endpoint answered"});
  }
}

void delivery_worker::save(clock::time_point now) {
  if (now < save_again_at_) return;
  while (!unsaved_.empty()) {
    try {
      unsaved_.work_off(most_unsaved, [this](const delivery_record& outcome) { store_.record(outcome); });
    } catch (const error& e) {
      log_.error("what became of deliveries could not be written",
                 {{"waiting", unsaved_.size()}, {"why", e.message()}});
      if (!is_passing(e)) continue;
      save_again_at_ = now + between_saves;
      return;
    }
  }
}

}  // namespace streamspace::builtin
