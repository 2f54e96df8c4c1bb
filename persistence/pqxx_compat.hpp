#pragma once

// The one place that knows which libpqxx it is: 6.4, or 7.8 and later. For .cpp files of this folder only.

#include <libpq-fe.h>
#include <string>
#include <utility>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <pqxx/pqxx>

namespace streamspace::pqxx_compat {

#if PQXX_VERSION_MAJOR == 6

/// Hands an open connection to libpqxx, once: a lost one is never replaced behind our back.
class adopting_policy final : public pqxx::connectionpolicy {
 public:
  explicit adopting_policy(PGconn* open) : pqxx::connectionpolicy{std::string{}}, open_{open} {}
  handle do_startconnect(handle present) override { return present ? present : std::exchange(open_, nullptr); }
  handle do_completeconnect(handle present) override { return present; }

 private:
  PGconn* open_;
};

struct adopting_policy_holder {
  adopting_policy policy;
};

/// Owns an open connection of libpq from the start of its constructor on.
class adopted_connection final : private adopting_policy_holder, public pqxx::connection_base {
 public:
  explicit adopted_connection(PGconn* open) : adopting_policy_holder{adopting_policy{open}}, connection_base{policy} {
    init();
    inhibit_reactivation(true);
  }
  ~adopted_connection() { close(); }

  pqxx::connection_base& get() noexcept { return *this; }
};

#elif PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 8)

/// Owns an open connection of libpq from the start of its constructor on.
class adopted_connection final {
 public:
  explicit adopted_connection(PGconn* open) : connection_{pqxx::connection::seize_raw_connection(open)} {}

  pqxx::connection& get() noexcept { return connection_; }

 private:
  pqxx::connection connection_;
};

#else
#error "libpqxx 6.4, or 7.8 and later, is needed"
#endif

/// Null pointers are NULL.
#if PQXX_VERSION_MAJOR == 6
inline auto parameters_of(const std::vector<const char*>& values) {
  return pqxx::prepare::make_dynamic_params(values);
}
#else
inline pqxx::params parameters_of(const std::vector<const char*>& values) {
  pqxx::params parameters;
  parameters.reserve(values.size());
  for (const auto* value : values) {
    if (value)
      parameters.append(pqxx::zview{value});
    else
      parameters.append();
  }
  return parameters;
}
#endif

/// Runs one statement by the extended protocol.
inline pqxx::result execute(pqxx::nontransaction& on, const std::string& text, const std::vector<const char*>& values) {
#if PQXX_VERSION_MAJOR == 6 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR < 10)
  return on.exec_params(text, parameters_of(values));
#else
  return on.exec(text, parameters_of(values));
#endif
}

}  // namespace streamspace::pqxx_compat

#pragma GCC diagnostic pop
