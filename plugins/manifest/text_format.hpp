#pragma once

#include <string_view>

namespace streamspace {

/// Whether a text looks like one address: something before one '@', a host name behind it.
bool is_email(std::string_view text) noexcept;

/// Whether a text is an absolute URI as far as its characters go (RFC 3986): a scheme, ':', and something behind it.
bool is_uri(std::string_view text) noexcept;

/// The same with the scheme http or https and a host.
bool is_web_url(std::string_view text) noexcept;

/// Whether a text may name a file within a folder: relative, without "..", empty parts, backslashes and control
/// characters.
bool is_inner_path(std::string_view text) noexcept;

}  // namespace streamspace
