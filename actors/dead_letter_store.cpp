#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/dead_letter_store.hpp>

namespace streamspace {

namespace {

/// How long a letter waits in memory for its batch.
constexpr std::chrono::milliseconds write_interval{200};

void demand_usable(const dead_letter_filter& filter) {
  if (filter.limit < 1 || filter.limit > dead_letter_filter::longest)
    throw error{ec::invalid_argument, "limit must be 1 to " + std::to_string(dead_letter_filter::longest) + ", not " +
                                          std::to_string(filter.limit)};
}

/// Goes on after a step, unless that failed: then the error is the reply.
template <class Done, class Then>
auto after(Done done, Then then) {
  return [done = std::move(done), then = std::move(then)](const result<void>& step) {
    step ? then() : done(tl::unexpected<error>{step.error()});
  };
}

}  // namespace

void dead_letter_store::begin(pointer self, dead_letter_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  if (!setup_.database) return;
  writer_.emplace(dead_letter_writer::setup{setup_.letters,
                                            [this](sql_statement statement, dead_letter_writer::answer then) {
                                              query(std::move(statement), std::move(then));
                                            },
                                            setup_.keep, setup_.log});
  write();
}

void dead_letter_store::write() {
  if (stopping_) return;
  writer_->tick();
  self_->delayed_send(self_, write_interval, atom::write_v);
}

void dead_letter_store::stop(const std::function<void()>& done) {
  stopping_ = true;
  if (!writer_) return done();
  writer_->flush([this, done](const result<void>&) {
    writer_->end();
    done();
  });
}

error dead_letter_store::no_such(std::uint64_t id) {
  return {ec::not_found, "there is no dead letter " + std::to_string(id)};
}

result<void> dead_letter_store::send(const dead_letter& letter) const {
  auto sent = setup_.events->send_again(*letter.what, letter.plugin, letter.subscription);
  if (!sent)
    return failure(sent.error().code(),
                   "dead letter " + std::to_string(letter.id) + " stays: " + sent.error().message());
  return sent;
}

dead_letter_store::sent_letters dead_letter_store::send_all(const std::vector<dead_letter>& letters) const {
  sent_letters sent;
  for (const auto& letter : letters) {
    if (const auto went = setup_.events->send_again(*letter.what, letter.plugin, letter.subscription)) {
      sent.taken.push_back(letter.id);
    } else {
      sent.refused.push_back(letter.id);
      ++sent.report.refused[went.error().message()];
    }
  }
  sent.report.redriven = sent.taken.size();
  return sent;
}

void dead_letter_store::list(const dead_letter_filter& filter, const reply<dead_letter_page>& done) {
  demand_usable(filter);
  if (!writer_) return done(dead_letter_page{setup_.letters->list(filter), setup_.letters->count(filter)});
  writer_->flush(after(done, [this, filter, done] { list_stored(filter, done); }));
}

void dead_letter_store::find(std::uint64_t id, const reply<dead_letter>& done) {
  if (auto present = setup_.letters->find(id)) return done(std::move(*present));
  if (!writer_) return done(tl::unexpected<error>{no_such(id)});
  if (const auto* pending = writer_->pending(id)) return done(*pending);
  find_stored(id, done);
}

void dead_letter_store::redrive(std::uint64_t id, const reply<dead_letter>& done) {
  if (auto present = setup_.letters->find(id)) {
    if (auto sent = send(*present); !sent) return done(tl::unexpected<error>{sent.error()});
    setup_.letters->take(id);
    return done(std::move(*present));
  }
  if (!writer_) return done(tl::unexpected<error>{no_such(id)});
  once_stored(id, after(done, [this, id, done] { redrive_stored(id, done); }));
}

void dead_letter_store::redrive_all(dead_letter_filter filter, const reply<redrive_report>& done) {
  demand_usable(filter);
  filter.oldest_first = true;
  if (writer_) return writer_->flush(after(done, [this, filter, done] { redrive_all_stored(filter, done); }));
  auto [taken, refused, report] = send_all(setup_.letters->list(filter));
  for (const auto id : taken) setup_.letters->take(id);
  report.left = setup_.letters->count(filter);
  done(std::move(report));
}

void dead_letter_store::discard(std::uint64_t id, const reply<std::uint64_t>& done) {
  if (setup_.letters->take(id)) return done(1U);
  if (!writer_) return done(tl::unexpected<error>{no_such(id)});
  once_stored(id, after(done, [this, id, done] { discard_stored(id, done); }));
}

void dead_letter_store::discard_all(dead_letter_filter filter, const reply<std::uint64_t>& done) {
  demand_usable(filter);
  filter.oldest_first = true;
  if (!writer_) return done(setup_.letters->take_all(filter).size());
  writer_->flush(after(done, [this, filter, done] { discard_all_stored(filter, done); }));
}

dead_letter_self::behavior_type dead_letter_store_behavior(dead_letter_store::pointer self, dead_letter_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [self, &state](atom::list, const dead_letter_filter& filter) {
        return promised<dead_letter_page>(self, [&](const auto& reply) { state.list(filter, reply); });
      },
      [self, &state](atom::find, std::uint64_t id) {
        return promised<dead_letter>(self, [&](const auto& reply) { state.find(id, reply); });
      },
      [self, &state](atom::redrive, std::uint64_t id) {
        return promised<dead_letter>(self, [&](const auto& reply) { state.redrive(id, reply); });
      },
      [self, &state](atom::redrive, const dead_letter_filter& filter) {
        return promised<redrive_report>(self, [&](const auto& reply) { state.redrive_all(filter, reply); });
      },
      [self, &state](atom::remove, std::uint64_t id) {
        return promised<std::uint64_t>(self, [&](const auto& reply) { state.discard(id, reply); });
      },
      [self, &state](atom::remove, const dead_letter_filter& filter) {
        return promised<std::uint64_t>(self, [&](const auto& reply) { state.discard_all(filter, reply); });
      },
      [self, &state](atom::stop) {
        state.stop([promise = self->make_response_promise()]() mutable { promise.deliver(caf::unit); });
      },
      [&state](atom::write) { state.write(); },
  };
}

}  // namespace streamspace
