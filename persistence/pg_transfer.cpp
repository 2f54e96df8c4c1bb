#include <utility>

#include <sys/socket.h>

#include <streamspace/messages/copy_text.hpp>
#include <streamspace/persistence/pg_connect.hpp>
#include <streamspace/persistence/pg_rows.hpp>
#include <streamspace/persistence/pg_transfer.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;

/// For the server to end what is cancelled.
constexpr milliseconds cancel_timeout{1'000};
constexpr milliseconds soon{5};
/// What libpq is given at a time: it keeps a buffer as large as that.
constexpr std::size_t bytes_a_message = 64 * 1024;

}  // namespace

pg_transfer::pg_transfer(PGconn* connection, pg_diagnostics& said, std::function<error()> describe_loss, kind what,
                         const std::string& statement, const std::vector<const char*>& params, milliseconds deadline)
    : connection_{connection}, said_{said}, describe_loss_{std::move(describe_loss)}, kind_{what} {
  const auto until = clock::now() + deadline;
  said_.clear();
  if (PQsetnonblocking(connection_, 1) != 0) fail();
  if (kind_ == kind::rows) {
    const bool sent = PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(params.size()), nullptr,
                                        params.data(), nullptr, nullptr, 0) != 0;
    if (!sent || PQsetSingleRowMode(connection_) == 0) fail();
    flush(until);
    return;
  }
  if (PQsendQuery(connection_, statement.c_str()) == 0) fail();
  const auto answer = next_result(until);
  if (PQresultStatus(answer.get()) == (kind_ == kind::copy_in ? PGRES_COPY_IN : PGRES_COPY_OUT)) return;
  if (!said_.message().empty()) fail();
  refuse_kind();
}

pg_transfer::~pg_transfer() {
  if (!ended_) abandon();
}

void pg_transfer::wait(short events, clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - clock::now());
  if (left <= milliseconds{0} || !wait_for_socket(PQsocket(connection_), events, left)) fail_late();
}

void pg_transfer::flush(clock::time_point until) {
  while (true) {
    const auto unsent = PQflush(connection_);
    if (unsent < 0) fail();
    if (unsent == 0) return;
    wait(POLLIN | POLLOUT, until);
    if (PQconsumeInput(connection_) == 0) fail();
  }
}

pg_transfer::result_ptr pg_transfer::next_result(clock::time_point until) {
  flush(until);
  while (PQisBusy(connection_)) {
    wait(POLLIN, until);
    if (PQconsumeInput(connection_) == 0) fail();
  }
  return {PQgetResult(connection_), PQclear};
}

void pg_transfer::write(std::string_view part, milliseconds deadline) {
  const auto until = clock::now() + deadline;
  while (!part.empty()) {
    const auto piece = part.substr(0, bytes_a_message);
    const auto queued = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size()));
    if (queued < 0) fail();
    if (queued > 0) part.remove_prefix(piece.size());
    flush(until);
  }
}

std::size_t pg_transfer::finish(milliseconds deadline) {
  const auto until = clock::now() + deadline;
  while (true) {
    const auto queued = PQputCopyEnd(connection_, nullptr);
    if (queued < 0) fail();
    if (queued > 0) break;
    flush(until);
  }
  return end(until);
}

std::optional<std::string_view> pg_transfer::next_row(clock::time_point until) {
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

bool pg_transfer::comes_soon() {
  return wait_for_socket(PQsocket(connection_), POLLIN, soon);
}

sql_result pg_transfer::read(std::size_t bytes, milliseconds deadline) {
  const auto until = clock::now() + deadline;
  return kind_ == kind::rows ? read_rows(bytes, until) : read_copied(bytes, until);
}

sql_result pg_transfer::read_copied(std::size_t bytes, clock::time_point until) {
  if (!columns_ && !ended_) {
    if (const auto header = next_row(until))
      columns_ = read_copied_header(*header);
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
  return columns_ ? sql_result{read_copied_rows(rows, *columns_)} : sql_result{};
}

sql_result pg_transfer::read_rows(std::size_t bytes, clock::time_point until) {
  sql_table table;
  // NULLs have no text, but take room too.
  const auto size = [&] { return table.bytes() + table.rows * table.columns.size() * sizeof(std::size_t); };
  while (!ended_ && size() < bytes) {
    while (PQisBusy(connection_)) {
      if (table.rows > 0 && !comes_soon()) return sql_result{std::move(table)};
      wait(POLLIN, until);
      if (PQconsumeInput(connection_) == 0) fail();
    }
    const result_ptr next{PQgetResult(connection_), PQclear};
    switch (PQresultStatus(next.get())) {
      case PGRES_SINGLE_TUPLE:
        append_rows(table, *next);
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        end(until);
        break;
      default:
        if (!said_.message().empty() || PQstatus(connection_) != CONNECTION_OK) fail();
        refuse_kind();
    }
  }
  table.affected = table.rows;
  return sql_result{std::move(table)};
}

std::size_t pg_transfer::end(clock::time_point until) {
  std::size_t rows = 0;
  while (const auto result = next_result(until))
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK)
      rows = std::stoull('0' + std::string{PQcmdTuples(result.get())});
  if (!said_.message().empty()) fail();
  ended_ = true;
  PQsetnonblocking(connection_, 0);
  return rows;
}

void pg_transfer::fail() {
  if (!abandon() || said_.message().empty()) raise(describe_loss_());
  raise(said_.to_error());
}

void pg_transfer::fail_late() {
  if (!abandon())
    throw error{ec::timeout, "the statement did not go on before its deadline, and its connection is cut off"};
  // The server may have had an error of its own; else it says that it was cancelled.
  if (!said_.message().empty() && said_.sqlstate() != "57014") raise(said_.to_error());
  throw error{
      ec::timeout, "the statement did not go on before its deadline, so it is cancelled", {{"sqlstate", "57014"}}};
}

/// It did something else. A COPY the other way or several statements are given up with all that they did.
void pg_transfer::refuse_kind() {
  if (!abandon()) raise(describe_loss_());
  throw error{ec::invalid_argument, kind_ == kind::rows      ? "a COPY is not run as a statement with rows"
                                    : kind_ == kind::copy_in ? "the statement is no COPY FROM STDIN"
                                                             : "the statement is no COPY TO STDOUT"};
}

bool pg_transfer::abandon() noexcept {
  if (std::exchange(ended_, true)) return PQstatus(connection_) == CONNECTION_OK;
  const bool settled = settle(clock::now() + cancel_timeout);
  if (!settled) ::shutdown(PQsocket(connection_), SHUT_RDWR);
  PQsetnonblocking(connection_, 0);
  return settled;
}

bool pg_transfer::settle(clock::time_point until) noexcept {
  const char* const why = "it was given up";
  if (PQtransactionStatus(connection_) == PQTRANS_ACTIVE) {
    // Whether the server waits for rows, sends some or is at work on one of them.
    if (kind_ != kind::rows) PQputCopyEnd(connection_, why);
    cancel();
  }
  bool copies = kind_ != kind::rows;
  while (PQstatus(connection_) == CONNECTION_OK && clock::now() < until) {
    const bool unsent = PQflush(connection_) > 0;
    char* row = nullptr;
    const auto size = copies ? PQgetCopyData(connection_, &row, 1) : -1;
    PQfreemem(row);
    if (size > 0) continue;
    if (size < 0 && !PQisBusy(connection_)) {
      const result_ptr result{PQgetResult(connection_), PQclear};
      if (!result) return true;
      const auto status = PQresultStatus(result.get());
      if (status == PGRES_COPY_IN) PQputCopyEnd(connection_, why);
      copies = copies || status == PGRES_COPY_OUT;
      continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - clock::now());
    if (wait_for_socket(PQsocket(connection_), static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), left) &&
        PQconsumeInput(connection_) == 0)
      return false;
  }
  return false;
}

void pg_transfer::cancel() noexcept {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> handle{PQgetCancel(connection_), PQfreeCancel};
  char complaint[256];
  if (handle) PQcancel(handle.get(), complaint, sizeof complaint);
}

}  // namespace streamspace
