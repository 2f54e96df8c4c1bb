#include <algorithm>
#include <fcntl.h>
#include <new>
#include <optional>
#include <unistd.h>
#include <unordered_map>

#include <sys/socket.h>

#include <streamspace/persistence/pg_connect.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/pg_copy.hpp>
#include <streamspace/persistence/pg_diagnostics.hpp>
#include <streamspace/persistence/pqxx_compat.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;

/// Of a COPY's rows, at a time.
constexpr std::size_t bytes_a_read = 64 * 1024;

void demand_sql_text(std::string_view text, const std::string& what) {
  if (const auto fault = why_not_sql_text(text))
    throw error{ec::invalid_argument, what + " " + *fault + ", which PostgreSQL cannot hold; nothing was sent"};
}

sql_table read_table(const pqxx::result& from) {
  sql_table table;
  table.rows = static_cast<std::size_t>(from.size());
  table.affected = static_cast<std::size_t>(from.affected_rows());
  const auto columns = from.columns();
  table.columns.reserve(static_cast<std::size_t>(columns));
  for (pqxx::row::size_type column = 0; column < columns; ++column)
    table.columns.emplace_back(from.column_name(column));
  table.cells.reserve(table.rows * table.columns.size());
  for (const auto& row : from)
    for (const auto& field : row) {
      if (field.is_null())
        table.cells.emplace_back();
      else
        table.cells.emplace_back(std::in_place, field.c_str(), field.size());
    }
  return table;
}

}  // namespace

class pg_connection::session {
 public:
  session(const std::string& url, milliseconds connect_timeout) : session{connect_to_postgres(url, connect_timeout)} {
    if (!said_.listen_to(raw_) || !cancel_handle_ || socket_ < 0) throw std::bad_alloc{};
  }

  ~session() {
    PQfreeCancel(cancel_handle_);
    if (socket_ >= 0) ::close(socket_);
  }

  session(const session&) = delete;
  session& operator=(const session&) = delete;

  pqxx::result execute(const sql_statement& statement, milliseconds statement_timeout) {
    demand_sql_text(statement.text, "the statement");
    const auto values = values_of(statement);
    limit_time(statement_timeout);
    return run([&](pqxx::nontransaction& on) { return pqxx_compat::execute(on, statement.text, values); });
  }

  sql_result execute_prepared(const sql_statement& statement, milliseconds statement_timeout) {
    auto known = prepared_.find(statement.text);
    if (known == prepared_.end() && prepared_.size() == most_prepared)
      return sql_result{read_table(execute(statement, statement_timeout))};
    const auto values = values_of(statement);
    limit_time(statement_timeout);
    if (known == prepared_.end()) {
      demand_sql_text(statement.text, "the statement");
      const auto name = "s" + std::to_string(++last_prepared_);
      run([&](pqxx::nontransaction&) {
        connection_.get().prepare(name, statement.text);
        return pqxx::result{};
      });
      known = prepared_.emplace(statement.text, name).first;
    }
    return sql_result{read_table(
        run([&](pqxx::nontransaction& on) { return pqxx_compat::execute_prepared(on, known->second, values); }))};
  }

  void execute_script(const std::string& script, milliseconds statement_timeout) {
    demand_sql_text(script, "the script");
    limit_time(statement_timeout);
    server_limit_.reset();
    prepared_.clear();
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

  void begin_copy(pg_copy::direction where, const std::string& statement, milliseconds deadline) {
    demand_sql_text(statement, "the statement");
    if (!in_transaction()) throw error{ec::invalid_argument, "a COPY is run in a transaction only"};
    demand_time(deadline);
    tell_limit(milliseconds{0});
    copy_.emplace(
        raw_, said_, [this] { return lost(); }, where, statement, deadline);
  }

  void write_copy(std::string_view part, milliseconds deadline) {
    step_of_copy([&](pg_copy& copy) { copy.write(part, deadline); });
  }

  std::size_t finish_copy(milliseconds deadline) {
    std::size_t rows = 0;
    step_of_copy([&](pg_copy& copy) { rows = copy.finish(deadline); });
    return rows;
  }

  std::function<sql_result()> read_copy(milliseconds deadline) {
    std::function<sql_result()> rows = [] { return sql_result{}; };
    if (copy_) step_of_copy([&](pg_copy& copy) { rows = copy.read(bytes_a_read, deadline); });
    return rows;
  }

  void give_up_copy() noexcept { copy_.reset(); }

  void reset(milliseconds statement_timeout) {
    give_up_copy();
    // DISCARD ALL spelled out: that one is not allowed beside other statements.
    static const std::string clean =
        "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; "
        "SELECT pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES; SET statement_timeout = ";
    limit_time(statement_timeout);
    prepared_.clear();
    run([&](pqxx::nontransaction& on) {
      return on.exec((in_transaction() ? "ROLLBACK; " : "") + clean + std::to_string(statement_timeout.count()));
    });
    server_limit_ = statement_timeout;
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
    return copy_ || status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
  }

  bool usable() const noexcept {
    if (copy_) return PQstatus(raw_) == CONNECTION_OK;
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
  explicit session(PGconn* open)
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
      if (text) demand_sql_text(*text, "parameter $" + std::to_string(i + 1));
      values.push_back(text ? text->c_str() : nullptr);
    }
    return values;
  }

  static void demand_time(milliseconds left) {
    if (left <= milliseconds{0}) throw error{ec::timeout, "the deadline had passed before the statement was sent"};
  }

  /// Tells the server how long statements may take, if it has not been told already.
  void limit_time(milliseconds wanted) {
    demand_time(wanted);
    tell_limit(wanted);
  }

  /// The same with 0 for any time.
  void tell_limit(milliseconds wanted) {
    if (copy_) throw error{ec::conflict, "a COPY is under way; nothing else runs until it has ended"};
    if (server_limit_ == wanted || PQtransactionStatus(raw_) == PQTRANS_INERROR) return;
    server_limit_.reset();
    run([&](pqxx::nontransaction& on) { return on.exec("SET statement_timeout = " + std::to_string(wanted.count())); });
    server_limit_ = wanted;
  }

  template <class Step>
  void step_of_copy(Step&& step) {
    if (!copy_) throw error{ec::conflict, "no COPY is under way"};
    try {
      step(*copy_);
    } catch (...) {
      copy_.reset();
      throw;
    }
    if (copy_->has_ended()) copy_.reset();
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
        if (said_.command() == command) prepared_.clear();
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
  std::optional<pg_copy> copy_;                            ///< While it is under way.
  std::unordered_map<std::string, std::string> prepared_;  ///< Names by texts.
  std::uint64_t last_prepared_ = 0;
  std::optional<milliseconds> server_limit_;  ///< statement_timeout as the server has it, when known.
};

pg_connection::pg_connection(const std::string& url, milliseconds connect_timeout)
    : session_{std::make_unique<session>(url, connect_timeout)} {}
pg_connection::~pg_connection() = default;
pg_connection::pg_connection(pg_connection&&) noexcept = default;
pg_connection& pg_connection::operator=(pg_connection&&) noexcept = default;

sql_result pg_connection::execute(const sql_statement& statement, milliseconds statement_timeout) {
  return sql_result{read_table(session_->execute(statement, statement_timeout))};
}
std::function<sql_result()> pg_connection::execute_unread(const sql_statement& statement,
                                                          milliseconds statement_timeout) {
  return [rows = session_->execute(statement, statement_timeout)] { return sql_result{read_table(rows)}; };
}
sql_result pg_connection::execute_prepared(const sql_statement& statement,
                                           std::chrono::milliseconds statement_timeout) {
  return session_->execute_prepared(statement, statement_timeout);
}
void pg_connection::execute_script(const std::string& script, milliseconds statement_timeout) {
  session_->execute_script(script, statement_timeout);
}
void pg_connection::begin(milliseconds statement_timeout) {
  session_->execute({"BEGIN", {}}, statement_timeout);
}
void pg_connection::commit(milliseconds statement_timeout) {
  session_->commit(statement_timeout);
}
void pg_connection::rollback(milliseconds statement_timeout) {
  session_->execute({"ROLLBACK", {}}, statement_timeout);
}
bool pg_connection::in_transaction() const noexcept {
  return session_->in_transaction();
}
void pg_connection::begin_copy_in(const std::string& statement, milliseconds deadline) {
  session_->begin_copy(pg_copy::direction::in, statement, deadline);
}
void pg_connection::write_copy(std::string_view part, milliseconds deadline) {
  session_->write_copy(part, deadline);
}
std::size_t pg_connection::finish_copy(milliseconds deadline) {
  return session_->finish_copy(deadline);
}
void pg_connection::begin_copy_out(const std::string& statement, milliseconds deadline) {
  session_->begin_copy(pg_copy::direction::out, statement, deadline);
}
std::function<sql_result()> pg_connection::read_copy(milliseconds deadline) {
  return session_->read_copy(deadline);
}
void pg_connection::give_up_copy() noexcept {
  session_->give_up_copy();
}
void pg_connection::reset(milliseconds statement_timeout) {
  session_->reset(statement_timeout);
}
std::string pg_connection::password_verifier(const std::string& role, const std::string& password) {
  return session_->password_verifier(role, password);
}
bool pg_connection::usable() const noexcept {
  return session_->usable();
}
void pg_connection::cancel() noexcept {
  session_->cancel();
}
void pg_connection::sever() noexcept {
  session_->sever();
}
const std::string& pg_connection::description() const noexcept {
  return session_->description();
}

}  // namespace streamspace
