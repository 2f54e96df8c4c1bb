#include <algorithm>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/table_name.hpp>

namespace streamspace {

std::string plugin_table_name(std::string_view plugin, std::string_view table) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_part = [&](char c) { return is_word(c) || (c >= '0' && c <= '9'); };
  if (table.empty() || !is_word(table.front()) || !std::all_of(table.begin(), table.end(), is_part))
    throw error{ec::invalid_argument,
                "the table name '" + std::string{table.substr(0, 80)} +
                    "' must have lower-case letters, digits and underscores and not begin with a digit"};
  std::string name = "plugin_" + std::string{plugin} + "_" + std::string{table};
  std::replace(name.begin(), name.end(), '-', '_');
  if (name.size() > 63)
    throw error{ec::invalid_argument, "the table name '" + name + "' has " + std::to_string(name.size()) +
                                          " bytes; PostgreSQL keeps 63. Choose a shorter one"};
  return '"' + name + '"';
}

}  // namespace streamspace
