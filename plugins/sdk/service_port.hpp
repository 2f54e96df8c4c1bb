#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <typeinfo>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// By what a service is known: the name of its C++ type as the compiler writes it, on which files that were built apart
/// agree, and the version that the type gives itself.
struct service_type {
  std::string name;
  unsigned version = 0;

  /// "audio::mixer", or "audio::mixer version 2". For people.
  std::string text() const;

  friend bool operator==(const service_type&, const service_type&) = default;
};

/// `T::service_version`, if there is one, tells versions of an interface apart that have the same name.
template <class T>
service_type service_type_of() {
  if constexpr (requires { T::service_version; })
    return {typeid(T).name(), static_cast<unsigned>(T::service_version)};
  else
    return {typeid(T).name()};
}

/// What one plugin wants another one to do with a service of its.
struct service_request {
  std::string provider;
  service_type type;
  std::shared_ptr<const void> code;  ///< That `run` is made of; outlives it.
  /// Called once at most, with the service, in the provider's turn. What it throws is the answer.
  std::function<void(void*)> run;
};

/// Brings calls of services into their providers' turns. Thread-safe. Errors, as answers: not_found when the provider
/// offers no such service, plugin_incompatible when it offers another version of it; unavailable when it is not loaded
/// or not enabled, or has too much to do; would_deadlock; timeout, after which what had not begun is not done; what the
/// call threw.
class service_port {
 public:
  virtual ~service_port() = default;
  /// Blocks until it is answered, at most until the deadline.
  virtual result<void> call(service_request what, std::chrono::milliseconds deadline) = 0;
  /// Does not block. `done` is called once, on any thread, maybe within this call; it must not block or throw.
  virtual void call_then(service_request what, std::chrono::milliseconds deadline,
                         std::function<void(result<void>)> done) = 0;
};

}  // namespace streamspace
