#pragma once

#include <memory>
#include <string>

#include <streamspace/messages/sql.hpp>

namespace streamspace::testing {

/// Runs SQL on as many connections as are used at once, in the calling thread. Without the runtime's pool and without
/// actors.
std::shared_ptr<sql_executor> make_pg_executor(const std::string& url);

}  // namespace streamspace::testing
