#include <algorithm>
#include <utility>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/event_log.hpp>
#include <streamspace/actors/event_log_reader.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

/// How much longer than two statements may take a caller waits, so that their own answer, which says more, comes first.
std::chrono::milliseconds patience(const event_log_settings& settings) {
  constexpr std::chrono::milliseconds grace{4'000};
  return 2 * settings.deadline + grace;
}

}  // namespace

event_log::event_log(caf::actor_system& system, db_pool_actor database, std::shared_ptr<sql_executor> executor,
                     std::shared_ptr<event_bus> events, std::shared_ptr<event_metrics> figures,
                     std::function<std::uint64_t()> next_letter, std::vector<std::string> wanted,
                     event_log_settings settings)
    : system_{system},
      executor_{std::move(executor)},
      events_{std::move(events)},
      figures_{std::move(figures)},
      settings_{std::move(settings)} {
  want(std::move(wanted));
  reader_ = system_.spawn(event_log_reader, event_log_reader_setup{database, settings_.deadline, settings_.log});
  event_log_writer_setup writing;
  writing.database = database;
  writing.deadline = settings_.deadline;
  writing.news = news_;
  writing.waiting = waiting_;
  writing.log = settings_.log;
  event_log_keeper_setup keeping;
  keeping.database = database;
  keeping.deadline = settings_.deadline;
  keeping.events = events_;
  keeping.news = news_;
  keeping.holder = new_id();
  keeping.next_letter = std::move(next_letter);
  keeping.wanted = [this](std::vector<std::string> patterns) { want(std::move(patterns)); };
  keeping.days_kept = settings_.days_kept;
  keeping.lease = settings_.lease;
  keeping.log = settings_.log;
  keeper_ = system_.spawn(event_log_keeper, std::move(keeping));
  writer_ = system_.spawn(event_log_writer, std::move(writing));
  events_->log_with([this](const event& e) { append(e); });
}

// -- writing --------------------------------------------------------------------------------------------------------

emit_report event_log::emit(event&& e) {
  log_receipt receipt{std::make_shared<std::promise<std::optional<error>>>()};
  auto written = receipt.promise->get_future();
  caf::anon_send(writer_, atom::write_v, event_log_row{e}, std::move(receipt));
  const blocking_scope waits;
  if (written.wait_for(patience(settings_)) == std::future_status::timeout)
    throw error{ec::timeout, "the event was not committed before the deadline; whether it will be is not known"};
  try {
    if (const auto fault = written.get()) raise(*fault);
  } catch (const std::future_error&) {
    throw error{ec::unavailable, "the event log has ended; whether the event was written before is not known"};
  }
  return events_->emit_logged(std::move(e));
}

void event_log::committed(std::vector<event>&& events) {
  std::set<std::string> types;
  for (const auto& e : events) types.insert(e.type());
  news_->add(types);
  for (auto& e : events) events_->emit_logged(std::move(e));
}

void event_log::append(const event& e) noexcept {
  std::string why;
  try {
    if (!is_wanted(e.type())) return;  // One of many types that have no figures of their own.
    event_log_row row{e};
    if (waiting_->fetch_add(1) < settings_.most_waiting) return caf::anon_send(writer_, atom::append_v, std::move(row));
    waiting_->fetch_sub(1);
    why = "too many wait to be written";
  } catch (const std::exception& fault) {
    why = fault.what();
  }
  std::lock_guard lock{mutex_};
  if (const auto held_back = loss_lines_.admit(log_limit::clock::now()))
    settings_.log({"runtime",
                   log_level::error,
                   "events were not written to the event log",
                   {{"count", *held_back + 1}, {"type", e.type()}, {"what", why}},
                   now()});
}

template <class T, class... Args>
T event_log::ask_reader(Args&&... args) {
  return value_or_raise(ask<T>(system_, reader_, patience(settings_), std::forward<Args>(args)...));
}

event_log_page event_log::read(const event_log_filter& filter) {
  return ask_reader<event_log_page>(atom::list_v, filter);
}

// -- subscriptions --------------------------------------------------------------------------------------------------

void event_log::open(const std::vector<subscription_ptr>& subscriptions) {
  std::set<std::string> names;
  for (const auto& s : subscriptions) {
    if (!s->durable) continue;
    const auto& [name, how] = *s->durable;
    if (!names.insert(name).second)
      throw error{ec::already_exists, "plugin " + s->plugin + " has two durable subscriptions named '" + name +
                                          "'; give each a name of its own"};
    {
      std::lock_guard lock{mutex_};
      const auto known = opened_.find({s->plugin, name});
      if (known != opened_.end() && known->second == s->pattern) continue;
    }
    executor_->execute(open_cursor({s->plugin, name}, s->pattern, how.from_beginning), settings_.deadline);
    std::lock_guard lock{mutex_};
    opened_[{s->plugin, name}] = s->pattern;
    mark_wanted();
  }
}

void event_log::want(std::vector<std::string> patterns) {
  std::lock_guard lock{mutex_};
  of_cursors_ = std::move(patterns);
  mark_wanted();
}

void event_log::mark_wanted() {
  wanted_ = {settings_.patterns.begin(), settings_.patterns.end()};
  wanted_.insert(of_cursors_.begin(), of_cursors_.end());
  for (const auto& [key, pattern] : opened_) wanted_.insert(pattern);
  figures_->mark_logged({wanted_.begin(), wanted_.end()});
}

bool event_log::is_wanted(const std::string& type) {
  std::lock_guard lock{mutex_};
  return std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& pattern) { return matches(pattern, type); });
}

void event_log::follow(std::vector<durable_target> targets) {
  caf::anon_send(keeper_, atom::follow_v, std::move(targets));
}

void event_log::forget(const std::string& plugin) {
  executor_->execute(drop_cursors(plugin), settings_.deadline);
  std::lock_guard lock{mutex_};
  std::erase_if(opened_, [&](const auto& known) { return known.first.first == plugin; });
}

bool event_log::forget(const std::string& plugin, const std::string& name) {
  const auto dropped = ask_reader<bool>(atom::remove_v, plugin, name);
  std::lock_guard lock{mutex_};
  opened_.erase({plugin, name});
  return dropped;
}

std::vector<durable_subscription> event_log::subscriptions() {
  return ask_reader<std::vector<durable_subscription>>(atom::follow_v);
}

// -- the end --------------------------------------------------------------------------------------------------------

void event_log::stop_following(std::chrono::milliseconds at_most) {
  if (const auto ended = ask<void>(system_, keeper_, at_most, atom::stop_v); !ended)
    settings_.log({"runtime",
                   log_level::error,
                   "durable subscriptions did not end in time; what they handled last they get again",
                   {{"what", ended.error().message()}},
                   now()});
}

void event_log::stop(std::chrono::milliseconds at_most) {
  if (const auto ended = ask<void>(system_, writer_, at_most, atom::stop_v); !ended)
    settings_.log({"runtime",
                   log_level::error,
                   "the last events could not be written to the event log in time",
                   {{"waiting", waiting_->load()}, {"what", ended.error().message()}},
                   now()});
  caf::scoped_actor self{system_};
  int open = 0;
  for (const auto& actor : {caf::actor_cast<caf::actor>(reader_), caf::actor_cast<caf::actor>(writer_),
                            caf::actor_cast<caf::actor>(keeper_)}) {
    self->monitor(actor);
    self->send_exit(actor, caf::exit_reason::user_shutdown);
    ++open;
  }
  self->receive_while([&] { return open > 0; })([&](const caf::down_msg&) { --open; },
                                                caf::after(at_most) >> [&] { open = 0; });
}

}  // namespace streamspace
