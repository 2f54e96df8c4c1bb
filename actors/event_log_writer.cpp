#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include <streamspace/actors/event_log_writer.hpp>
#include <streamspace/actors/time_to_gather.hpp>

namespace streamspace {

namespace {

constexpr std::size_t most_rows = 1'000;
constexpr std::size_t most_bytes = std::size_t{2} << 20U;
constexpr std::chrono::milliseconds rest_after_failure{500};

/// Whether the database will never take one of these rows (SQLSTATE classes 22 and 23, or what was refused before it).
bool lies_in_the_rows(const error& e) {
  const auto state = e.fact("sqlstate");
  return e.code() == ec::invalid_argument || state.starts_with("22") || state.starts_with("23");
}

}  // namespace

void event_log_writer_state::begin(pointer self, event_log_writer_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

void event_log_writer_state::add(event_log_row row, log_receipt receipt) {
  queue_.push_back({std::move(row), std::move(receipt)});
  go_on();
}

void event_log_writer_state::resume() {
  if (phase_ == phase::gathering) return write();
  if (phase_ != phase::resting) return;
  phase_ = phase::idle;
  go_on();
}

/// Those whom one statement lets go come again one after the other: the first of them are not sent without the others,
/// who would wait for a whole statement then.
void event_log_writer_state::go_on() {
  if (phase_ != phase::idle && phase_ != phase::gathering) return;
  if (queue_.empty()) {
    if (auto stopped = std::exchange(stop_, std::nullopt)) stopped->deliver(caf::unit);
    return;
  }
  if (queue_.size() >= came_together_ || alone_ > 0) return write();
  if (phase_ == phase::gathering) return;
  phase_ = phase::gathering;
  self_->delayed_send(event_log_writer_actor{self_}, time_to_gather(took_), atom::expire_v);
}

void event_log_writer_state::stop(caf::response_promise promise) {
  stop_ = std::move(promise);
  go_on();
}

void event_log_writer_state::write() {
  std::vector<entry> batch;
  std::vector<event_log_row> rows;
  std::size_t bytes = 0;
  const auto at_most = alone_ > 0 ? 1 : most_rows;
  while (!queue_.empty() && batch.size() < at_most) {
    bytes += queue_.front().row.bytes();
    if (bytes > most_bytes && !batch.empty()) break;
    rows.push_back(queue_.front().row);
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  phase_ = phase::writing;
  begun_ = clock::now();
  const auto shared = std::make_shared<std::vector<entry>>(std::move(batch));
  self_->request(setup_.database, 2 * setup_.deadline, atom::exec_v, append_events(rows), sql_deadline{setup_.deadline})
      .then([this, shared](const sql_result&) { written(std::move(*shared), nullptr); },
            [this, shared](const caf::error& e) {
              const auto fault = from_caf(e);
              written(std::move(*shared), &fault);
            });
}

void event_log_writer_state::written(std::vector<entry> batch, const error* fault) {
  phase_ = phase::idle;
  took_ = clock::now() - begun_;
  if (alone_ > 0) --alone_;
  if (fault && lies_in_the_rows(*fault) && batch.size() > 1) {
    alone_ = batch.size();
    queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    return go_on();
  }
  const bool again = fault && !lies_in_the_rows(*fault) && !stop_;
  came_together_ = queue_.size();
  std::vector<entry> kept;
  std::set<std::string> types;
  for (auto& of : batch) {
    if (again && !of.receipt.promise) {
      kept.push_back(std::move(of));
      continue;
    }
    types.insert(of.row.type);
    if (of.receipt.promise) ++came_together_;
    settle(of, fault);
  }
  if (!fault) setup_.news->add(types);
  if (kept.empty()) return go_on();
  queue_.insert(queue_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  phase_ = phase::resting;
  self_->delayed_send(event_log_writer_actor{self_}, rest_after_failure, atom::expire_v);
}

void event_log_writer_state::settle(entry& of, const error* fault) {
  if (of.receipt.promise) return of.receipt.promise->set_value(fault ? std::optional{*fault} : std::nullopt);
  setup_.waiting->fetch_sub(1);
  if (!fault) return;
  if (const auto held_back = loss_lines_.admit(log_limit::clock::now()))
    setup_.log({"runtime",
                log_level::error,
                "events were not written to the event log",
                {{"count", *held_back + 1}, {"type", of.row.type}, {"what", fault->message()}},
                now()});
}

event_log_writer_actor::behavior_type event_log_writer(event_log_writer_state::pointer self,
                                                       event_log_writer_setup setup) {
  self->state.begin(self, std::move(setup));
  return {
      [self](atom::write, event_log_row& row, const log_receipt& receipt) { self->state.add(std::move(row), receipt); },
      [self](atom::append, event_log_row& row) { self->state.add(std::move(row), {}); },
      [self](atom::stop) { self->state.stop(self->make_response_promise()); },
      [self](atom::expire) { self->state.resume(); },
  };
}

}  // namespace streamspace
