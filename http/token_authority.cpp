#include <cstdlib>
#include <jwt.h>
#include <memory>
#include <sodium.h>

#include <streamspace/http/sodium.hpp>
#include <streamspace/http/token_authority.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

using std::chrono::seconds;

constexpr duration max_leeway = seconds{60};
constexpr duration max_ttl = std::chrono::days{3660};
/// Year 10000; what lies beyond is no time that a token may sensibly name.
constexpr double last_second = 253402300800.0;

struct jwt_deleter {
  void operator()(jwt_t* token) const noexcept { jwt_free(token); }
};
using jwt_handle = std::unique_ptr<jwt_t, jwt_deleter>;

struct free_deleter {
  void operator()(char* text) const noexcept { std::free(text); }
};
using c_text = std::unique_ptr<char, free_deleter>;

tl::unexpected<error> refuse(std::string sentence) {
  return failure(ec::unauthenticated, std::move(sentence));
}

const unsigned char* raw(const signing_key& key) {
  return reinterpret_cast<const unsigned char*>(key.bytes().data());
}

/// Three parts of base64url without padding, joined by dots.
bool is_compact(std::string_view token) {
  int dots = 0;
  for (const char c : token) {
    if (c == '.') {
      ++dots;
    } else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
      return false;
    }
  }
  return dots == 2;
}

/// The token's header, read before the library sees the token, so that no algorithm but ours is ever run on it.
bool is_hs256(std::string_view token) {
  const auto encoded = token.substr(0, token.find('.'));
  std::string text(encoded.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), encoded.data(), encoded.size(),
                        nullptr, &length, nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return false;
  text.resize(length);
  const auto header = json::parse(text, nullptr, false);
  if (!header.is_object() || header.contains("crit")) return false;
  const auto algorithm = header.find("alg");
  return algorithm != header.end() && *algorithm == "HS256";
}

/// A NumericDate member, or nothing when it is absent or no time.
std::optional<timestamp> time_member(const json& claims, const char* name) {
  const auto member = claims.find(name);
  if (member == claims.end() || !member->is_number()) return std::nullopt;
  const auto value = member->get<double>();
  if (!(value >= 0 && value < last_second)) return std::nullopt;
  return timestamp{std::chrono::duration_cast<duration>(std::chrono::duration<double>{value})};
}

std::optional<std::string> text_member(const json& claims, const char* name) {
  const auto member = claims.find(name);
  if (member == claims.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

bool is_absent(const json& claims, const char* name) {
  return claims.find(name) == claims.end();
}

result<principal> read_principal(const json& claims) {
  auto subject = text_member(claims, "sub");
  if (!subject || subject->empty()) return refuse("the token names nobody");
  principal who;
  who.subject = std::move(*subject);
  if (!is_absent(claims, "role")) {
    auto role = text_member(claims, "role");
    if (!role) return refuse("the token's role is not a text");
    who.role = std::move(*role);
  }
  if (const auto granted = claims.find("permissions"); granted != claims.end()) {
    if (!granted->is_array()) return refuse("the token's permissions are not a list");
    for (const auto& permission : *granted) {
      if (!permission.is_string()) return refuse("the token's permissions are not a list of texts");
      who.permissions.push_back(permission.get<std::string>());
    }
  }
  return who;
}

}  // namespace

token_authority::token_authority(signing_key key, duration leeway) : key_{std::move(key)}, leeway_{leeway} {
  if (leeway < duration::zero() || leeway > max_leeway)
    throw error{ec::invalid_argument, "the leeway between clocks must be 0 to 60 seconds"};
  use_sodium();
}

std::string token_authority::issue(const principal& who, duration ttl, timestamp now) const {
  if (!who.signed_in()) throw error{ec::invalid_argument, "a token must name whom it is for"};
  if (ttl < seconds{1} || ttl > max_ttl)
    throw error{ec::invalid_argument, "a token lives from one second to ten years"};
  const auto from = std::chrono::floor<seconds>(now);
  const auto until = std::chrono::floor<seconds>(now + ttl);
  const json claims{{"iss", issuer},
                    {"sub", who.subject},
                    {"role", who.role},
                    {"permissions", who.permissions},
                    {"iat", from.time_since_epoch().count()},
                    {"exp", until.time_since_epoch().count()},
                    {"jti", new_id()}};
  std::string text;
  try {
    text = claims.dump();
  } catch (const json::type_error&) {
    throw error{ec::invalid_argument, "a token's subject, role and permissions must be UTF-8"};
  }

  jwt_t* fresh = nullptr;
  if (jwt_new(&fresh) != 0) throw error{ec::internal, "no token could be made: libjwt has no memory"};
  const jwt_handle token{fresh};
  if (jwt_add_grants_json(fresh, text.c_str()) != 0 ||
      jwt_set_alg(fresh, JWT_ALG_HS256, raw(key_), static_cast<int>(key_.bytes().size())) != 0)
    throw error{ec::invalid_argument, "no token could be made of these claims"};
  const c_text encoded{jwt_encode_str(fresh)};
  if (!encoded) throw error{ec::internal, "no token could be made: libjwt could not sign it"};
  std::string out{encoded.get()};
  if (out.size() > max_token_bytes)
    throw error{ec::invalid_argument, "the token would be longer than 8 KiB; grant fewer permissions, or a role"};
  return out;
}

result<principal> token_authority::verify(std::string_view token, timestamp now) const {
  if (token.size() > max_token_bytes) return refuse("the token is longer than 8 KiB");
  if (!is_compact(token)) return refuse("the token is not a JSON Web Token");
  if (!is_hs256(token)) return refuse("the token is not signed with HS256");

  jwt_t* opened = nullptr;
  if (jwt_decode(&opened, std::string{token}.c_str(), raw(key_), static_cast<int>(key_.bytes().size())) != 0)
    return refuse("the token's signature does not hold");
  const jwt_handle handle{opened};
  const c_text text{jwt_get_grants_json(opened, nullptr)};
  const auto claims = text ? json::parse(text.get(), nullptr, false) : json{};
  if (jwt_get_alg(opened) != JWT_ALG_HS256 || !claims.is_object()) return refuse("the token's claims cannot be read");

  if (text_member(claims, "iss") != issuer) return refuse("the token was issued by somebody else");
  const auto until = time_member(claims, "exp");
  if (!until) return refuse("the token has no time of expiry");
  if (now >= *until + leeway_) return refuse("the token has expired; sign in again");
  for (const char* start : {"nbf", "iat"}) {
    if (is_absent(claims, start)) continue;
    const auto from = time_member(claims, start);
    if (!from || now + leeway_ < *from) return refuse("the token is not valid yet");
  }
  return read_principal(claims);
}

}  // namespace streamspace
