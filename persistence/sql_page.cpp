#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/sql_page.hpp>

namespace streamspace {

namespace {

constexpr int max_limit = 500;

}  // namespace

sql_statement select_page(const std::string& columns, const std::string& table, const std::string& condition,
                          const std::string& order, sql_params params, page_request wanted) {
  if (wanted.page < 1) throw error{ec::invalid_argument, "page must be 1 or more, not " + std::to_string(wanted.page)};
  if (wanted.limit < 1 || wanted.limit > max_limit)
    throw error{ec::invalid_argument,
                "limit must be 1 to " + std::to_string(max_limit) + ", not " + std::to_string(wanted.limit)};
  const auto where = condition.empty() ? std::string{} : " WHERE " + condition;
  const auto limit = std::to_string(wanted.limit);
  const auto offset = std::to_string(static_cast<long long>(wanted.page - 1) * wanted.limit);
  return {"SELECT counted.total, part.* FROM (SELECT count(*) AS total FROM " + table + where +
              ") counted LEFT JOIN (SELECT " + columns + " FROM " + table + where + " ORDER BY " + order + " LIMIT " +
              limit + " OFFSET " + offset + ") part ON true",
          std::move(params)};
}

void sql_update::set(const std::string& column, sql_param value) {
  set(column, "$", std::move(value));
}

void sql_update::set(const std::string& column, const std::string& expression, sql_param value) {
  params_.push_back(std::move(value));
  const auto placeholder = expression.find('$');
  if (!assignments_.empty()) assignments_ += ", ";
  assignments_ += column + " = " + expression.substr(0, placeholder + 1) + std::to_string(params_.size()) +
                  expression.substr(placeholder + 1);
}

sql_statement sql_update::where_id(const std::string& table, const std::string& id, const std::string& columns) const {
  auto params = params_;
  params.emplace_back(id);
  return {"UPDATE " + table + " SET " + assignments_ + " WHERE id = $" + std::to_string(params.size()) + " RETURNING " +
              columns,
          std::move(params)};
}

}  // namespace streamspace
