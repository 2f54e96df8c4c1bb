#include <array>
#include <cerrno>
#include <memory>
#include <new>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/database_url.hpp>
#include <streamspace/persistence/pg_connect.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using owned_connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

std::string_view text_or_empty(const char* text) {
  return text ? text : "";
}

/// The server's or libpq's reason in one line, without the preamble that repeats the address.
std::string reason_of(std::string_view complaint) {
  auto reason = first_line_of(complaint);
  for (const std::string_view preamble : {"failed: ", "FATAL:  "})
    if (const auto at = reason.find(preamble); at != std::string::npos) reason.erase(0, at + preamble.size());
  return reason;
}

[[noreturn]] void unreachable(const PGconn* connection, std::string reason) {
  if (reason.empty()) reason = "no reason was given";
  throw error{ec::database_unreachable,
              "cannot connect to PostgreSQL, " + describe_connection(connection) + ": " + reason,
              {{"host", std::string{text_or_empty(PQhost(connection))}},
               {"port", std::string{text_or_empty(PQport(connection))}},
               {"database", std::string{text_or_empty(PQdb(connection))}},
               {"user", std::string{text_or_empty(PQuser(connection))}},
               {"reason", reason}}};
}

/// Settings given at connect are what RESET ALL returns to, so they hold for whoever uses the connection next.
std::string session_options(const database_url& url) {
  std::string options{url.option("options")};
  if (!options.empty()) options += ' ';
  return options +
         "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c standard_conforming_strings=on "
         "-c client_min_messages=warning";
}

owned_connection start(const std::string& url) {
  const auto options = session_options(database_url::parse(url));
  // What stands after "dbname" overrides the URL, what stands before it is a default.
  const std::array<const char*, 7> names{"keepalives_idle",
                                         "tcp_user_timeout",
                                         "fallback_application_name",
                                         "dbname",
                                         "client_encoding",
                                         "options",
                                         nullptr};
  const std::array<const char*, 7> values{"30", "30000", "streamspace", url.c_str(), "UTF8", options.c_str(), nullptr};
  owned_connection connection{PQconnectStartParams(names.data(), values.data(), 1), PQfinish};
  if (!connection) throw std::bad_alloc{};
  return connection;
}

}  // namespace

PGconn* connect_to_postgres(const std::string& url, milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  auto connection = start(url);
  auto wanted = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (left <= milliseconds{0} || !wait_for_socket(PQsocket(connection.get()), events, left))
      unreachable(connection.get(), "no answer within " + std::to_string(timeout.count()) + " ms");
    wanted = PQconnectPoll(connection.get());
    if (wanted == PGRES_POLLING_FAILED) break;
    if (wanted == PGRES_POLLING_OK) {
      PQsetNoticeReceiver(
          connection.get(), [](void*, const PGresult*) {}, nullptr);
      return connection.release();
    }
  }
  unreachable(connection.get(), reason_of(text_or_empty(PQerrorMessage(connection.get()))));
}

std::string describe_connection(const PGconn* connection) {
  return describe_database(text_or_empty(PQhost(connection)), text_or_empty(PQport(connection)),
                           text_or_empty(PQdb(connection)), text_or_empty(PQuser(connection)));
}

bool wait_for_socket(int socket, short events, milliseconds timeout) noexcept {
  pollfd waiting{socket, events, 0};
  const auto until = steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    const auto ready = ::poll(&waiting, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

std::string first_line_of(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

}  // namespace streamspace
