#include <array>
#include <libpq-fe.h>
#include <utility>

#include <streamspace/persistence/pg_diagnostics.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::pair<int, const char*>, 6> detail_fields{{{PG_DIAG_CONSTRAINT_NAME, "constraint"},
                                                                    {PG_DIAG_TABLE_NAME, "table"},
                                                                    {PG_DIAG_COLUMN_NAME, "column"},
                                                                    {PG_DIAG_STATEMENT_POSITION, "position"},
                                                                    {PG_DIAG_MESSAGE_DETAIL, "detail"},
                                                                    {PG_DIAG_MESSAGE_HINT, "hint"}}};

const char* field_of(const PGresult* result, int code) noexcept {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

}  // namespace

bool pg_diagnostics::listen_to(PGconn* connection) noexcept {
  return PQregisterEventProc(connection, &pg_diagnostics::on_event, "streamspace diagnostics", this) != 0;
}

int pg_diagnostics::on_event(PGEventId id, void* info, void* self) noexcept {
  auto& listener = *static_cast<pg_diagnostics*>(self);
  if (id == PGEVT_RESULTCREATE) {
    listener.last_result_ = static_cast<PGEventResultCreate*>(info)->result;
    listener.read(listener.last_result_);
  } else if (id == PGEVT_RESULTDESTROY && listener.last_result_ == static_cast<PGEventResultDestroy*>(info)->result) {
    listener.last_result_ = nullptr;
  }
  return 1;
}

void pg_diagnostics::free_forgotten_result() noexcept {
  PQclear(const_cast<PGresult*>(last_result_));
}

void pg_diagnostics::clear() noexcept {
  command_.clear();
  message_.clear();
  sqlstate_.clear();
  details_.clear();
}

void pg_diagnostics::read(const PGresult* result) {
  // PQcmdStatus takes a non-const pointer, but only reads.
  command_ = PQcmdStatus(const_cast<PGresult*>(result));
  if (PQresultStatus(result) != PGRES_FATAL_ERROR) return;
  message_ = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
  sqlstate_ = field_of(result, PG_DIAG_SQLSTATE);
  details_.clear();
  for (const auto& [code, name] : detail_fields)
    if (const char* text = field_of(result, code); *text) details_.emplace_back(name, text);
}

error pg_diagnostics::to_error() const {
  error::facts facts{{"sqlstate", sqlstate_}, {"message", message_}};
  facts.insert(facts.end(), details_.begin(), details_.end());
  if (sqlstate_ == "57014") return {ec::timeout, "PostgreSQL stopped the statement: " + message_, std::move(facts)};
  return {ec::database_error, "PostgreSQL refused the statement: " + message_ + " (SQLSTATE " + sqlstate_ + ")",
          std::move(facts)};
}

}  // namespace streamspace
