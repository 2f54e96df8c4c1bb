#include <utility>

#include <sys/socket.h>

#include <streamspace/messages/copy_text.hpp>
#include <streamspace/persistence/pg_connect.hpp>
#include <streamspace/persistence/pg_copy.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;

/// For the server to end what is cancelled.
constexpr milliseconds cancel_timeout{1'000};
/// What libpq is given at a time: it keeps a buffer as large as that.
constexpr std::size_t bytes_a_message = 64 * 1024;

}  // namespace

pg_copy::pg_copy(PGconn* connection, pg_diagnostics& said, std::function<error()> describe_loss, direction where,
                 const std::string& statement, milliseconds deadline)
    : connection_{connection}, said_{said}, describe_loss_{std::move(describe_loss)}, direction_{where} {
  const auto until = clock::now() + deadline;
  said_.clear();
  if (PQsetnonblocking(connection_, 1) != 0 || PQsendQuery(connection_, statement.c_str()) == 0) fail();
  const auto answer = next_result(until);
  if (PQresultStatus(answer.get()) == (where == direction::in ? PGRES_COPY_IN : PGRES_COPY_OUT)) return;
  if (!said_.message().empty()) fail();
  // It did something else. A COPY the other way or several statements are given up with all that they did.
  if (!abandon()) raise(describe_loss_());
  throw error{ec::invalid_argument,
              std::string{"the statement is no COPY "} + (where == direction::in ? "FROM STDIN" : "TO STDOUT")};
}

pg_copy::~pg_copy() {
  if (!ended_) abandon();
}

void pg_copy::wait(short events, clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - clock::now());
  if (left <= milliseconds{0} || !wait_for_socket(PQsocket(connection_), events, left)) fail_late();
}

void pg_copy::flush(clock::time_point until) {
  while (true) {
    const auto unsent = PQflush(connection_);
    if (unsent < 0) fail();
    if (unsent == 0) return;
    wait(POLLIN | POLLOUT, until);
    if (PQconsumeInput(connection_) == 0) fail();
  }
}

pg_copy::result_ptr pg_copy::next_result(clock::time_point until) {
  flush(until);
  while (PQisBusy(connection_)) {
    wait(POLLIN, until);
    if (PQconsumeInput(connection_) == 0) fail();
  }
  return {PQgetResult(connection_), PQclear};
}

void pg_copy::write(std::string_view part, milliseconds deadline) {
  const auto until = clock::now() + deadline;
  while (!part.empty()) {
    const auto piece = part.substr(0, bytes_a_message);
    const auto queued = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size()));
    if (queued < 0) fail();
    if (queued > 0) part.remove_prefix(piece.size());
    flush(until);
  }
}

std::size_t pg_copy::finish(milliseconds deadline) {
  const auto until = clock::now() + deadline;
  while (true) {
    const auto queued = PQputCopyEnd(connection_, nullptr);
    if (queued < 0) fail();
    if (queued > 0) break;
    flush(until);
  }
  return end(until);
}

std::optional<std::string_view> pg_copy::next_row(clock::time_point until) {
  while (true) {
    char* data = nullptr;
    const auto size = PQgetCopyData(connection_, &data, 1);
    row_.reset(data);
    if (size > 0) return std::string_view{data, static_cast<std::size_t>(size)};
    if (size == -1) return std::nullopt;
    if (size < -1) fail();
    wait(POLLIN, until);
    if (PQconsumeInput(connection_) == 0) fail();
  }
}

std::function<sql_result()> pg_copy::read(std::size_t bytes, milliseconds deadline) {
  const auto until = clock::now() + deadline;
  if (!columns_ && !ended_) {
    if (const auto header = next_row(until))
      columns_ = std::make_shared<const std::vector<std::string>>(read_copied_header(*header));
    else
      end(until);
  }
  std::string rows;
  while (!ended_ && rows.size() < bytes) {
    if (const auto row = next_row(until))
      rows += *row;
    else
      end(until);
  }
  return [columns = columns_, rows = std::move(rows)] {
    return columns ? sql_result{read_copied_rows(rows, *columns)} : sql_result{};
  };
}

std::size_t pg_copy::end(clock::time_point until) {
  std::size_t rows = 0;
  while (const auto result = next_result(until))
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK)
      rows = std::stoull('0' + std::string{PQcmdTuples(result.get())});
  if (!said_.message().empty()) fail();
  ended_ = true;
  PQsetnonblocking(connection_, 0);
  return rows;
}

void pg_copy::fail() {
  if (!abandon() || said_.message().empty()) raise(describe_loss_());
  raise(said_.to_error());
}

void pg_copy::fail_late() {
  if (!abandon()) throw error{ec::timeout, "the COPY did not go on before its deadline, and its connection is cut off"};
  // The server may have had an error of its own; else it says that it was cancelled.
  if (!said_.message().empty() && said_.sqlstate() != "57014") raise(said_.to_error());
  throw error{ec::timeout, "the COPY did not go on before its deadline, so it is cancelled", {{"sqlstate", "57014"}}};
}

bool pg_copy::abandon() noexcept {
  if (std::exchange(ended_, true)) return PQstatus(connection_) == CONNECTION_OK;
  const bool settled = settle(clock::now() + cancel_timeout);
  if (!settled) ::shutdown(PQsocket(connection_), SHUT_RDWR);
  PQsetnonblocking(connection_, 0);
  return settled;
}

bool pg_copy::settle(clock::time_point until) noexcept {
  const char* const why = "it was given up";
  if (PQtransactionStatus(connection_) == PQTRANS_ACTIVE) {
    // Whether the server waits for rows, sends some or is at work on one of them.
    PQputCopyEnd(connection_, why);
    cancel();
  }
  while (PQstatus(connection_) == CONNECTION_OK && clock::now() < until) {
    const bool unsent = PQflush(connection_) > 0;
    char* row = nullptr;
    const auto size = PQgetCopyData(connection_, &row, 1);
    PQfreemem(row);
    if (size > 0) continue;
    if (size < 0 && !PQisBusy(connection_)) {
      const result_ptr result{PQgetResult(connection_), PQclear};
      if (!result) return true;
      if (PQresultStatus(result.get()) == PGRES_COPY_IN) PQputCopyEnd(connection_, why);
      continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - clock::now());
    if (wait_for_socket(PQsocket(connection_), static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), left) &&
        PQconsumeInput(connection_) == 0)
      return false;
  }
  return false;
}

void pg_copy::cancel() noexcept {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> handle{PQgetCancel(connection_), PQfreeCancel};
  char complaint[256];
  if (handle) PQcancel(handle.get(), complaint, sizeof complaint);
}

}  // namespace streamspace
