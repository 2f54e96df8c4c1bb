#include <streamspace/messages/table_name.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace {

row_stream::row_stream(sql_executor& executor, sql_statement statement, sql_deadline deadline)
    : transaction_{executor.begin(deadline)} {
  statement.text = "DECLARE streamspace_rows NO SCROLL CURSOR FOR " + statement.text;
  transaction_->execute(statement);
  fetch();
}

void row_stream::fetch() {
  batch_ = transaction_->execute({"FETCH 1000 FROM streamspace_rows", {}});
  next_ = 0;
  if (batch_.empty()) transaction_.reset();
}

void row_stream::advance() {
  if (++next_ >= batch_.size() && transaction_) fetch();
}

void plugin_database::create_table(std::string_view table_name, std::string_view columns) {
  executor_->execute({"CREATE TABLE IF NOT EXISTS " + table(table_name) + " (" + std::string{columns} + ")", {}},
                     deadline_);
}

void plugin_database::migrate(const std::string& script) {
  executor_->run_script(script, deadline_);
}

std::string plugin_database::table(std::string_view table_name) const {
  return plugin_table_name(plugin_, table_name);
}

}  // namespace streamspace
