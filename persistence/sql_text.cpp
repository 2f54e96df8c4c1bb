#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

std::string escape_like(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    if (c == '\\' || c == '%' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

std::string quote_literal(std::string_view text) {
  std::string out{" E'"};
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out += '\'';
}

}  // namespace streamspace
