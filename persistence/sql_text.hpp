#pragma once

#include <string>
#include <string_view>

#include <streamspace/messages/sql_text.hpp>

namespace streamspace {

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

/// A text constant as SQL spells it safely whatever the session's settings are, for statements that take no parameters.
std::string quote_literal(std::string_view text);

}  // namespace streamspace
