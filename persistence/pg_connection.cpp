#include <utility>

#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/pg_session.hpp>

namespace streamspace {

using std::chrono::milliseconds;

class pg_connection::session : public pg_session {
  using pg_session::pg_session;
};

pg_connection::pg_connection(const std::string& url, milliseconds connect_timeout)
    : session_{std::make_unique<session>(url, connect_timeout)} {}
pg_connection::~pg_connection() = default;
pg_connection::pg_connection(pg_connection&&) noexcept = default;
pg_connection& pg_connection::operator=(pg_connection&&) noexcept = default;

sql_result pg_connection::execute(const sql_statement& statement, milliseconds statement_timeout) {
  return session_->execute(statement, statement_timeout);
}
sql_result pg_connection::execute_prepared(const sql_statement& statement, milliseconds statement_timeout) {
  return session_->execute(statement, statement_timeout, pg_session::prepared::at_once);
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
  session_->begin_transfer(pg_transfer::kind::copy_in, {statement, {}}, deadline);
}
void pg_connection::write_rows(std::string_view part, milliseconds deadline) {
  session_->write_rows(part, deadline);
}
std::size_t pg_connection::finish_rows(milliseconds deadline) {
  return session_->finish_rows(deadline);
}
void pg_connection::begin_copy_out(const std::string& statement, milliseconds deadline) {
  session_->begin_transfer(pg_transfer::kind::copy_out, {statement, {}}, deadline);
}
void pg_connection::begin_stream(const sql_statement& statement, milliseconds deadline) {
  session_->begin_transfer(pg_transfer::kind::rows, statement, deadline);
}
sql_result pg_connection::read_rows(milliseconds deadline) {
  return session_->read_rows(deadline);
}
void pg_connection::give_up_rows() noexcept {
  session_->give_up_transfer();
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
