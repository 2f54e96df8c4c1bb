#pragma once

#include <chrono>
#include <fcntl.h>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unistd.h>
#include <unordered_set>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <streamspace/persistence/pg_connect.hpp>
#include <streamspace/persistence/pg_diagnostics.hpp>
#include <streamspace/persistence/pg_rows.hpp>
#include <streamspace/persistence/pg_transfer.hpp>
#include <streamspace/persistence/pqxx_compat.hpp>
#include <streamspace/persistence/prepared_texts.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

namespace detail {

/// Statements that are given up within a transaction and so are still prepared; past that no others are.
inline constexpr std::size_t most_unwanted = 128;

/// Of the rows of a transfer, at a time.
inline constexpr std::size_t bytes_a_batch = 256 * 1024;

inline void demand_sql_text(std::string_view text, const std::string& what) {
  if (const auto fault = why_not_sql_text(text))
    throw error{ec::invalid_argument, what + " " + *fault + ", which PostgreSQL cannot hold; nothing was sent"};
}

}  // namespace detail

/// What stands behind a pg_connection. For .cpp files of this folder only.
class pg_session {
 public:
  using milliseconds = std::chrono::milliseconds;

  pg_session(const std::string& url, milliseconds connect_timeout)
      : pg_session{connect_to_postgres(url, connect_timeout)} {
    if (!said_.listen_to(raw_) || !cancel_handle_ || socket_ < 0) throw std::bad_alloc{};
  }

  ~pg_session() {
    PQfreeCancel(cancel_handle_);
    if (socket_ >= 0) ::close(socket_);
  }

  pg_session(const pg_session&) = delete;
  pg_session& operator=(const pg_session&) = delete;

  /// When a text is prepared: as soon as it comes, or once it has come again and is worth it.
  enum class prepared : std::uint8_t { at_once, when_it_comes_again };

  sql_result execute(const sql_statement& statement, milliseconds statement_timeout,
                     prepared when = prepared::when_it_comes_again) {
    detail::demand_sql_text(statement.text, "the statement");
    const auto values = values_of(statement);
    limit_time(statement_timeout);
    const auto name = name_of(statement.text, when);
    if (!name) return run_unprepared(statement.text, values);
    try {
      return run_prepared(*name, values);
    } catch (const database_error& e) {
      // It was deallocated, or its plan is of other columns.
      if (e.sqlstate() != "26000" && e.sqlstate() != "0A000") throw;
      prepared_.drop(statement.text);
      unwanted_.push_back(*name);
      if (in_transaction()) throw;
    }
    return run_unprepared(statement.text, values);
  }

  void execute_script(const std::string& script, milliseconds statement_timeout) {
    detail::demand_sql_text(script, "the script");
    limit_time(statement_timeout);
    server_limit_.reset();
    unsure_of_prepared_ = true;
    run([&](pqxx::nontransaction& on) { return on.exec(script); });
  }

  void commit(milliseconds statement_timeout) {
    try {
      execute({"COMMIT", {}}, statement_timeout);
    } catch (const error& e) {
      if (e.code() != ec::database_unreachable) throw;
      auto facts = e.context();
      facts.emplace_back("in_doubt", "true");
      throw error{e.code(), e.message() + "; whether the transaction was committed is not known", std::move(facts)};
    }
    if (said_.command() == "ROLLBACK")
      throw database_error{
          {ec::database_error,
           "the transaction was rolled back instead of committed, because a statement in it had failed",
           {{"sqlstate", "25P02"}}}};
  }

  void begin_transfer(pg_transfer::kind what, const sql_statement& statement, milliseconds deadline) {
    detail::demand_sql_text(statement.text, "the statement");
    const auto values = values_of(statement);
    if (what != pg_transfer::kind::rows && !in_transaction())
      throw error{ec::invalid_argument, "a COPY is run in a transaction only"};
    demand_time(deadline);
    tell_limit(milliseconds{0});
    transfer_.emplace(
        raw_, said_, [this] { return lost(); }, what, statement.text, values, deadline);
  }

  void write_rows(std::string_view part, milliseconds deadline) {
    step([&](pg_transfer& transfer) { transfer.write(part, deadline); });
  }

  std::size_t finish_rows(milliseconds deadline) {
    std::size_t rows = 0;
    step([&](pg_transfer& transfer) { rows = transfer.finish(deadline); });
    return rows;
  }

  sql_result read_rows(milliseconds deadline) {
    sql_result rows;
    if (transfer_) step([&](pg_transfer& transfer) { rows = transfer.read(detail::bytes_a_batch, deadline); });
    return rows;
  }

  void give_up_transfer() noexcept { transfer_.reset(); }

  void reset(milliseconds statement_timeout) {
    give_up_transfer();
    // DISCARD ALL spelled out: that one is not allowed beside other statements, and takes what is prepared here along,
    // which is of use to the next borrower: he has the same rights.
    static const std::string clean =
        "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); "
        "DISCARD TEMP; DISCARD SEQUENCES; SET statement_timeout = ";
    limit_time(statement_timeout);
    const auto present = run([&](pqxx::nontransaction& on) {
      return on.exec((in_transaction() ? "ROLLBACK; " : "") + clean + std::to_string(statement_timeout.count()) + "; " +
                     list_prepared);
    });
    server_limit_ = statement_timeout;
    // What the last borrower has prepared himself goes, and what was given up here.
    unwanted_ = compare_prepared(present);
    deallocate_unwanted();
  }

  std::string password_verifier(const std::string& role, const std::string& password) {
    const std::unique_ptr<char, decltype(&PQfreemem)> verifier{
        PQencryptPasswordConn(raw_, password.c_str(), role.c_str(), nullptr), PQfreemem};
    if (verifier) return verifier.get();
    if (PQstatus(raw_) != CONNECTION_OK) throw lost();
    throw database_error{{ec::database_error, "no password could be made: " + first_line_of(PQerrorMessage(raw_))}};
  }

  bool in_transaction() const noexcept {
    const auto status = PQtransactionStatus(raw_);
    return transfer_ || status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
  }

  bool usable() const noexcept {
    if (transfer_) return PQstatus(raw_) == CONNECTION_OK;
    // What the server sends unasked is a notice or its farewell; the end of the stream shows only once that is read.
    for (int reads = 0; reads < 4 && PQstatus(raw_) == CONNECTION_OK; ++reads) {
      if (!wait_for_socket(PQsocket(raw_), POLLIN, milliseconds{0})) break;
      if (PQconsumeInput(raw_) == 0) return false;
    }
    const auto status = PQtransactionStatus(raw_);
    return PQstatus(raw_) == CONNECTION_OK && status != PQTRANS_ACTIVE && status != PQTRANS_UNKNOWN;
  }

  void cancel() noexcept {
    char complaint[256];
    PQcancel(cancel_handle_, complaint, sizeof complaint);
  }

  void sever() noexcept { ::shutdown(socket_, SHUT_RDWR); }

  const std::string& description() const noexcept { return description_; }

 private:
  explicit pg_session(PGconn* open)
      : connection_{open},
        raw_{open},
        cancel_handle_{PQgetCancel(open)},
        socket_{::fcntl(PQsocket(open), F_DUPFD_CLOEXEC, 0)},
        description_{describe_connection(open)} {}

  static std::vector<const char*> values_of(const sql_statement& statement) {
    std::vector<const char*> values;
    values.reserve(statement.params.size());
    for (std::size_t i = 0; i < statement.params.size(); ++i) {
      const auto& text = statement.params[i].text();
      if (text) detail::demand_sql_text(*text, "parameter $" + std::to_string(i + 1));
      values.push_back(text ? text->c_str() : nullptr);
    }
    return values;
  }

  static void demand_time(milliseconds left) {
    if (left <= milliseconds{0}) throw error{ec::timeout, "the deadline had passed before the statement was sent"};
  }

  static constexpr const char* list_prepared = "SELECT name, from_sql FROM pg_catalog.pg_prepared_statements";

  /// Under which name the text is prepared; prepares it if it is time to. Nothing when it is to be run as it is.
  std::optional<std::string> name_of(const std::string& text, prepared when) {
    if (PQtransactionStatus(raw_) == PQTRANS_INERROR) return std::nullopt;
    if (when == prepared::when_it_comes_again && !prepared_texts::is_worth_it(text)) return std::nullopt;
    if (unsure_of_prepared_) compare_prepared(run([&](pqxx::nontransaction& on) { return on.exec(list_prepared); }));
    if (const auto* known = prepared_.find(text)) return *known;
    if (when == prepared::when_it_comes_again && !prepared_.comes_again(text)) return std::nullopt;
    if (in_transaction() && unwanted_.size() >= detail::most_unwanted) return std::nullopt;
    if (auto displaced = prepared_.make_room()) unwanted_.push_back(std::move(*displaced));
    if (!in_transaction()) deallocate_unwanted();
    auto name = prepared_.next_name();
    run_raw([&] { return PQprepare(raw_, name.c_str(), text.c_str(), 0, nullptr); });
    prepared_.add(text, name);
    return name;
  }

  /// Forgets what the server does not have any more. Those that it has and that are not ours.
  std::vector<std::string> compare_prepared(const pqxx::result& present) {
    std::unordered_set<std::string> ours;
    std::vector<std::string> others;
    for (const auto& row : present) {
      std::string name{row[0].c_str(), row[0].size()};
      const bool made_here = *row[1].c_str() == 'f' && prepared_.has(name);
      if (made_here)
        ours.insert(std::move(name));
      else
        others.push_back(std::move(name));
    }
    prepared_.keep(ours);
    unsure_of_prepared_ = false;
    return others;
  }

  /// Not within a transaction, which it would end if one of them is gone already.
  void deallocate_unwanted() {
    for (const auto& name : std::exchange(unwanted_, {})) try {
        run_raw([&] { return PQexec(raw_, ("DEALLOCATE " + quote_identifier(name)).c_str()); });
      } catch (const database_error&) {
      }
  }

  sql_result run_unprepared(const std::string& text, const std::vector<const char*>& values) {
    return sql_result{
        read_table(run([&](pqxx::nontransaction& on) { return pqxx_compat::execute(on, text, values); }))};
  }

  sql_result run_prepared(const std::string& name, const std::vector<const char*>& values) {
    return sql_result{read_table(*run_raw([&] {
      return PQexecPrepared(raw_, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0);
    }))};
  }

  /// Tells the server how long statements may take, if it has not been told already.
  void limit_time(milliseconds wanted) {
    demand_time(wanted);
    tell_limit(wanted);
  }

  /// The same with 0 for any time.
  void tell_limit(milliseconds wanted) {
    if (transfer_) throw error{ec::conflict, "rows are on their way; nothing else runs until all have come or gone"};
    if (server_limit_ == wanted || PQtransactionStatus(raw_) == PQTRANS_INERROR) return;
    server_limit_.reset();
    run([&](pqxx::nontransaction& on) { return on.exec("SET statement_timeout = " + std::to_string(wanted.count())); });
    server_limit_ = wanted;
  }

  template <class Step>
  void step(Step&& take) {
    if (!transfer_) throw error{ec::conflict, "no COPY is under way"};
    try {
      take(*transfer_);
    } catch (...) {
      transfer_.reset();
      throw;
    }
    if (transfer_->has_ended()) transfer_.reset();
  }

  /// Runs `action` and turns whatever goes wrong into our errors.
  template <class Action>
  pqxx::result run(Action&& action) {
    said_.clear();
    try {
      pqxx::nontransaction on{connection_.get()};
      auto answer = action(on);
      refuse_copy();
      // A rollback, also one to a savepoint, takes back a SET made since.
      for (const auto* command : {"ROLLBACK", "SET", "RESET", "DISCARD ALL"})
        if (said_.command() == command) server_limit_.reset();
      for (const auto* command : {"DISCARD ALL", "DEALLOCATE", "DEALLOCATE ALL"})
        if (said_.command() == command) unsure_of_prepared_ = true;
      return answer;
    } catch (const error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& e) {
      said_.free_forgotten_result();
      if (PQstatus(raw_) != CONNECTION_OK) throw lost();
      if (!said_.message().empty()) raise(said_.to_error());
      throw database_error{{ec::database_error, std::string{"the statement failed: "} + e.what()}};
    }
  }

  /// The same for a call of libpq itself: libpqxx keeps what it has prepared for good.
  template <class Action>
  std::unique_ptr<PGresult, decltype(&PQclear)> run_raw(Action&& action) {
    said_.clear();
    std::unique_ptr<PGresult, decltype(&PQclear)> answer{action(), PQclear};
    if (PQstatus(raw_) != CONNECTION_OK) throw lost();
    if (!said_.message().empty()) raise(said_.to_error());
    const auto status = PQresultStatus(answer.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return answer;
    throw database_error{{ec::database_error, "the statement failed: " + first_line_of(PQerrorMessage(raw_))}};
  }

  error lost() const {
    auto reason = said_.message().empty() ? first_line_of(PQerrorMessage(raw_)) : said_.message();
    if (reason.empty()) reason = "the server closed the connection";
    return {ec::database_unreachable,
            "the connection to " + description_ + " was lost: " + reason,
            {{"reason", reason}, {"sqlstate", said_.sqlstate()}}};
  }

  /// COPY run as a plain statement leaves the protocol in the middle of a transfer.
  void refuse_copy() {
    if (PQtransactionStatus(raw_) != PQTRANS_ACTIVE) return;
    PQclear(PQexec(raw_, ""));
    throw error{ec::invalid_argument, "COPY FROM STDIN and COPY TO STDOUT cannot be run as a plain statement"};
  }

  pg_diagnostics said_;
  pqxx_compat::adopted_connection connection_;
  PGconn* raw_;  ///< Owned by connection_.
  PGcancel* cancel_handle_;
  /// The socket under a descriptor of our own: libpq may close its own at any time, and the number may be another
  /// file's by the time that sever() comes from another thread.
  int socket_;
  std::string description_;
  std::optional<pg_transfer> transfer_;  ///< While it is under way.
  prepared_texts prepared_;
  std::vector<std::string> unwanted_;         ///< Prepared at the server, to be deallocated.
  bool unsure_of_prepared_ = false;           ///< Whether somebody else may have given up some of them.
  std::optional<milliseconds> server_limit_;  ///< statement_timeout as the server has it, when known.
};

}  // namespace streamspace
