#include <array>
#include <libpq-fe.h>
#include <memory>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/database_url.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 3> secret_options{"password", "sslpassword", "oauth_client_secret"};

bool is_secret(std::string_view name) noexcept {
  for (const auto secret : secret_options)
    if (name == secret) return true;
  return false;
}

/// What may be told of libpq's complaint. Most of its sentences quote the text, password and all; two name an option
/// only.
std::string safe_reason(std::string_view complaint) {
  for (const std::string_view safe : {"invalid connection option", "invalid URI query parameter"})
    if (complaint.substr(0, safe.size()) == safe)
      return ": " + std::string{complaint.substr(0, complaint.find_last_not_of(" \n") + 1)};
  return {};
}

[[noreturn]] void refuse(const std::string& reason) {
  throw error{
      ec::invalid_argument,
      "the database URL cannot be read" + reason +
          "; write postgresql://user:password@host:port/database, with %XX for special characters in its parts"};
}

}  // namespace

database_url database_url::parse(const std::string& text) {
  if (text.find_first_not_of(" \t\n") == std::string::npos) refuse(": it is empty");
  if (text.find('\0') != std::string::npos) refuse(": it has a NUL byte");
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{PQconninfoParse(text.c_str(), &complaint),
                                                                            PQconninfoFree};
  const std::unique_ptr<char, decltype(&PQfreemem)> complaint_owner{complaint, PQfreemem};
  if (!parsed) refuse(complaint ? safe_reason(complaint) : std::string{});
  database_url url;
  for (const auto* option = parsed.get(); option->keyword; ++option)
    if (option->val && *option->val) url.options_.emplace_back(option->keyword, option->val);
  return url;
}

std::string_view database_url::option(std::string_view name) const noexcept {
  for (const auto& [key, value] : options_)
    if (key == name) return value;
  return {};
}

bool database_url::is_local_socket() const noexcept {
  if (!option("hostaddr").empty()) return false;
  const auto where = host();
  return where.empty() || where.front() == '/' || where.front() == '@';
}

database_url database_url::with(std::string_view name, std::string_view value) const {
  auto changed = *this;
  std::erase_if(changed.options_, [name](const auto& option) { return option.first == name; });
  changed.options_.emplace_back(name, value);
  return changed;
}

std::string database_url::text() const {
  std::string out;
  for (const auto& [name, value] : options_) {
    if (!out.empty()) out += ' ';
    out.append(name).append("='");
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += '\'';
  }
  return out;
}

std::string database_url::redacted() const {
  std::string out = "postgresql://";
  const bool host_in_authority = !is_local_socket() && host().find_first_of(",:/") == std::string_view::npos;
  if (host_in_authority) {
    if (!user().empty()) {
      out += percent_encode(user());
      if (has_password()) out += ":***";
      out += '@';
    }
    out += percent_encode(host());
    if (!port().empty()) out.append(":").append(port());
  }
  out.append("/").append(percent_encode(database()));
  char separator = '?';
  for (const auto& [name, value] : options_) {
    const bool shown = name == "dbname" || (host_in_authority && (name == "host" || name == "port" || name == "user" ||
                                                                  (name == "password" && !user().empty())));
    if (shown) continue;
    out += separator;
    out.append(name).append("=").append(is_secret(name) ? "***" : percent_encode(value));
    separator = '&';
  }
  return out;
}

std::string describe_database(std::string_view host, std::string_view port, std::string_view database,
                              std::string_view user) {
  std::string out{"database"};
  if (!database.empty()) out.append(" '").append(database).append("'");
  if (!user.empty()) out.append(" as user '").append(user).append("'");
  if (host.empty()) return out;
  if (host.front() == '/' || host.front() == '@') {
    out.append(" on the socket in ").append(host);
    if (!port.empty()) out.append(", port ").append(port);
  } else {
    out.append(" at ").append(host);
    if (!port.empty()) out.append(":").append(port);
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

}  // namespace streamspace
