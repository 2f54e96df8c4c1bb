#pragma once

#include <string>
#include <string_view>

namespace streamspace {

/// Whether `name` may name a plugin: ^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$ and none of the reserved words (catalog,
/// marketplace, installed, install, loaded, available, discover, ui), which the REST table uses itself.
bool is_plugin_name(std::string_view name) noexcept;

/// Why `name` may not name a plugin, as a sentence; empty when it may.
std::string why_not_a_plugin_name(std::string_view name);

/// Whether `type` may be the type of an event: segments of [A-Za-z0-9_-] joined by dots, 1 to 200 bytes.
bool is_event_type(std::string_view type) noexcept;

/// Whether `pattern` may be subscribed to: an event type in which a segment may be `*` (exactly one segment, whatever
/// it is) and the last may be `>` (one segment or more).
bool is_event_pattern(std::string_view pattern) noexcept;

/// Whether an event of this type reaches a subscription to this pattern.
bool matches(std::string_view pattern, std::string_view type) noexcept;

/// Whether the pattern has a `*` or `>` in it.
bool is_wildcard(std::string_view pattern) noexcept;

/// A new random id (UUID version 4, RFC 9562, lower case). Thread-safe.
std::string new_id();

}  // namespace streamspace
