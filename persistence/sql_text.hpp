#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace streamspace {

/// Why PostgreSQL cannot take `text` as a value of a UTF-8 database, as the end of a sentence about it ("has a NUL byte
/// at offset 3"); nothing when it can. UTF-8 is judged by RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
std::optional<std::string> why_not_sql_text(std::string_view text);

/// A string of a LIKE pattern that matches `text` literally, with backslash as the escape character (PostgreSQL's
/// default).
std::string escape_like(std::string_view text);

/// An array of texts as PostgreSQL's text format has it, for a parameter of type text[].
template <class Texts>
std::string array_of_texts(const Texts& texts) {
  std::string all{"{"};
  for (const std::string& text : texts) {
    if (all.size() > 1) all += ',';
    all += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') all += '\\';
      all += c;
    }
    all += '"';
  }
  return all += '}';
}

/// An identifier as SQL spells it safely: in double quotes, inner ones doubled.
std::string quote_identifier(std::string_view name);

/// A text constant as SQL spells it safely whatever the session's settings are, for statements that take no parameters.
std::string quote_literal(std::string_view text);

}  // namespace streamspace
