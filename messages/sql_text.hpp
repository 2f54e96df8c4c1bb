#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace streamspace {

/// Why PostgreSQL cannot take `text` as a value of a UTF-8 database, as the end of a sentence about it ("has a NUL byte
/// at offset 3"); nothing when it can. UTF-8 is judged by RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
std::optional<std::string> why_not_sql_text(std::string_view text);

/// An identifier as SQL spells it safely: in double quotes, inner ones doubled.
std::string quote_identifier(std::string_view name);

}  // namespace streamspace
