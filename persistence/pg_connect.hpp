#pragma once

#include <chrono>
#include <libpq-fe.h>
#include <poll.h>
#include <string>
#include <string_view>

namespace streamspace {

// How a connection is made and spoken of, by libpq. For .cpp files of this folder only.

/// An open connection, owned by the caller, set to UTF-8, UTC and ISO dates. Notices of the server are not printed.
/// Errors: those of pg_connection's constructor.
PGconn* connect_to_postgres(const std::string& url, std::chrono::milliseconds timeout);

/// "database 'd' as user 'u' at host:5432"
std::string describe_connection(const PGconn* connection);

/// Whether one of the `events` of poll(2), an error or the other side's end came within `timeout`.
bool wait_for_socket(int socket, short events, std::chrono::milliseconds timeout) noexcept;

std::string first_line_of(std::string_view text);

}  // namespace streamspace
