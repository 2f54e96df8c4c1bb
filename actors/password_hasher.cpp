#include <algorithm>
#include <thread>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/password_hasher.hpp>

namespace streamspace {

namespace {

password_actor::behavior_type hashing_thread(password_functions functions) {
  return {
      [functions](atom::hash, const std::string& password) {
        return answer<std::string>([&] { return functions.hash(password); });
      },
      [functions](atom::verify, const std::string& hash, const std::string& password) {
        return answer<bool>([&] { return functions.verify(hash, password); });
      },
  };
}

/// Has a thread's actor answer the promise.
template <class T, class... Args>
auto asking(password_state::pointer self, caf::typed_response_promise<T> promise, Args... args) {
  return [=](const password_actor& worker, std::function<void()> next) {
    self->request(worker, caf::infinite, args...)
        .then(
            [=](T& value) mutable {
              next();
              promise.deliver(std::move(value));
            },
            [=](const caf::error& e) mutable {
              next();
              promise.deliver(e);
            });
  };
}

}  // namespace

password_state::~password_state() {
  for (const auto& waiting : waiting_) waiting.refuse({ec::unavailable, "the password hasher has ended"});
}

void password_state::begin(pointer self, password_functions functions, password_options options) {
  self_ = self;
  functions_ = std::move(functions);
  options_ = options;
  if (options_.threads == 0) options_.threads = std::max(1U, std::thread::hardware_concurrency());
}

void password_state::run(job work, refusal refuse) {
  if (idle_.empty() && threads_ < options_.threads) {
    idle_.push_back(self_->spawn<caf::detached + caf::linked>(hashing_thread, functions_));
    ++threads_;
  }
  if (!idle_.empty()) {
    const auto worker = std::move(idle_.back());
    idle_.pop_back();
    return give(worker, work);
  }
  if (waiting_.size() >= options_.max_waiting)
    return refuse({ec::unavailable, "too many passwords wait to be hashed; try again shortly"});
  waiting_.push_back({std::move(work), std::move(refuse)});
}

void password_state::give(const password_actor& worker, const job& work) {
  work(worker, [this, worker] {
    if (waiting_.empty()) return idle_.push_back(worker);
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    give(worker, next.work);
  });
}

password_actor::behavior_type password_hasher(password_state::pointer self, password_functions functions,
                                              password_options options) {
  self->state.begin(self, std::move(functions), options);
  const auto refusing = [](auto promise) { return [promise](const error& e) mutable { promise.deliver(to_caf(e)); }; };
  return {
      [self, refusing](atom::hash, const std::string& password) {
        auto promise = self->make_response_promise<std::string>();
        self->state.run(asking(self, promise, atom::hash_v, password), refusing(promise));
        return promise;
      },
      [self, refusing](atom::verify, const std::string& hash, const std::string& password) {
        auto promise = self->make_response_promise<bool>();
        self->state.run(asking(self, promise, atom::verify_v, hash, password), refusing(promise));
        return promise;
      },
  };
}

}  // namespace streamspace
