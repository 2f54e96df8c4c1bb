#include <algorithm>

#include <streamspace/http/bearer.hpp>

namespace streamspace {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_text(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return lower(x) == y; });
}

}  // namespace

authenticator bearer_authentication(std::shared_ptr<const token_authority> authority,
                                    std::function<timestamp()> clock) {
  return [authority = std::move(authority), clock = std::move(clock)](const request& rq) -> result<principal> {
    const std::string* credentials = nullptr;
    for (const auto& [name, value] : rq.headers) {
      if (!same_text(name, "authorization")) continue;
      if (credentials) return failure(ec::unauthenticated, "the request has two Authorization headers");
      credentials = &value;
    }
    if (!credentials) return principal{};
    const std::string_view text{*credentials};
    const auto space = text.find(' ');
    if (space == std::string_view::npos || !same_text(text.substr(0, space), "bearer"))
      return failure(ec::unauthenticated, "the Authorization header is not 'Bearer' and a token");
    const auto token = text.find_first_not_of(' ', space);
    if (token == std::string_view::npos) return failure(ec::unauthenticated, "the Authorization header has no token");
    return authority->verify(text.substr(token), clock());
  };
}

}  // namespace streamspace
