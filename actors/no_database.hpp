#pragma once

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// SQL of a runtime that has no database: every call is refused (unavailable).
class no_database final : public sql_executor {
 public:
  sql_result execute(const sql_statement&, sql_deadline) override { refuse(); }
  std::unique_ptr<sql_transaction> begin(sql_deadline) override { refuse(); }
  void run_script(const std::string&, sql_deadline) override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw error{ec::unavailable, "this runtime has no database; set database_url to use SQL"};
  }
};

}  // namespace streamspace
