#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <streamspace/messages/caf/errors.hpp>
#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Asks actors on behalf of HTTP handlers, which must not block: the answer, or the error, comes as a callback on an
/// actor's thread, once, at the latest when the timeout is over. Thread-safe. Copies share one actor.
class actor_gateway {
 public:
  using job = std::function<void(caf::event_based_actor*)>;

  explicit actor_gateway(caf::actor_system& system);

  /// `done` is called with result<T>.
  template <class T, class Handle, class Done, class... Args>
  void ask(const Handle& whom, Done done, Args... args) const {
    caf::anon_send(
        asker_, job{[whom, done, args...](caf::event_based_actor* self) mutable {
          self->request(whom, timeout, std::move(args)...)
              .then([done](T& value) mutable { done(result<T>{std::move(value)}); },
                    [done](const caf::error& e) mutable { done(result<T>{tl::unexpected<error>{from_caf(e)}}); });
        }});
  }

  /// Ends the actor; what was asked is answered with unavailable.
  void stop() const;

 private:
  static constexpr std::chrono::seconds timeout{55};

  caf::actor asker_;
};

/// A responder as the callback of actor_gateway::ask: what was answered as JSON with `status`, an error as its problem
/// document. It is copied around by actors, so it is shared; the first call answers.
class json_answer {
 public:
  explicit json_answer(responder to, int status = 200)
      : to_{std::make_shared<responder>(std::move(to))}, status_{status} {}

  template <class T>
  void operator()(const result<T>& r) const {
    (*to_)(r ? body(*r) : response::from_error(r.error()));
  }
  void operator()(response answer) const { (*to_)(std::move(answer)); }

 private:
  template <class T>
  response body(const T& value) const {
    return status_ == 204 ? response::no_content() : response{json(value), status_};
  }

  std::shared_ptr<responder> to_;
  int status_;
};

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::actor_gateway::job)
