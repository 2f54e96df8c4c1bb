#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamspace {

/// Where a database is and who asks for it, read from what libpq takes: a URL
/// (postgresql://user:password@host:port/database?option=value) or name=value pairs. Nothing is looked up and no
/// environment is read, so what the text leaves out is empty here.
class database_url {
 public:
  /// Throws error (invalid_argument). The message never quotes the text, which may hold a password.
  static database_url parse(const std::string& text);

  /// A connection option by libpq's name ("sslmode"); empty when the text does not set it.
  std::string_view option(std::string_view name) const noexcept;

  std::string_view host() const noexcept { return option("host"); }
  std::string_view port() const noexcept { return option("port"); }
  std::string_view database() const noexcept { return option("dbname"); }
  std::string_view user() const noexcept { return option("user"); }
  bool has_password() const noexcept { return !option("password").empty(); }
  /// Whether the server is reached over a unix socket: the host is a folder, an abstract name or not given at all.
  bool is_local_socket() const noexcept;

  /// The same with this value for an option.
  database_url with(std::string_view name, std::string_view value) const;
  /// As libpq takes it (name=value pairs), secrets and all.
  std::string text() const;

  /// The same as a URL that may be shown and logged: every secret is `***`.
  std::string redacted() const;

 private:
  std::vector<std::pair<std::string, std::string>> options_;
};

/// "database 'd' as user 'u' at db.example:5432", or "... on the socket in /folder, port 5432". Empty parts are left
/// out.
std::string describe_database(std::string_view host, std::string_view port, std::string_view database,
                              std::string_view user);

/// `text` with everything but letters, digits and -._~/ as %XX (RFC 3986), for a part of a URL.
std::string percent_encode(std::string_view text);

}  // namespace streamspace
