#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <streamspace/messages/endpoint.hpp>
#include <streamspace/messages/page.hpp>

namespace streamspace::rest {

/// A handler that may throw streamspace::error or a JSON error: the caller then gets the problem document.
template <class Handler>
auto guarded(Handler handler) {
  return [handler = std::move(handler)](request rq, responder answer) {
    try {
      handler(rq, answer);
    } catch (const error& e) {
      answer(response::from_error(e));
    } catch (const json::exception& e) {
      answer(response::problem(400, to_string(ec::invalid_argument), e.what()));
    }
  };
}

template <class Handler>
endpoint route(std::string method, std::string path, access who, std::string description, Handler handler) {
  return {"", std::move(method), std::move(path), {}, who, std::move(description), guarded(std::move(handler))};
}

/// An integer query parameter within bounds; the fallback when it is absent. Error: invalid_argument.
inline int int_query(const request& rq, const char* name, int fallback, int least, int most) {
  const auto text = rq.query(name);
  if (!text) return fallback;
  int value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc{} || end != text->data() + text->size() || value < least || value > most)
    throw error{ec::invalid_argument, "query parameter '" + std::string{name} + "' must be a number from " +
                                          std::to_string(least) + " to " + std::to_string(most)};
  return value;
}

/// Error invalid_argument for a query parameter that is none of these.
template <std::size_t Count>
void demand_known_queries(const request& rq, const std::array<std::string_view, Count>& known) {
  for (const auto& [name, value] : rq.queries) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string all;
    for (std::size_t i = 0; i < Count; ++i) all.append(i == 0 ? "" : i + 1 < Count ? ", " : " and ").append(known[i]);
    throw error{ec::invalid_argument,
                "query parameter '" + name.substr(0, 80) + "' is not known; " + all + " may be given"};
  }
}

inline page_request page_of_query(const request& rq) {
  return {int_query(rq, "page", 1, 1, 1'000'000), int_query(rq, "limit", 50, 1, 500)};
}

/// A body member by member: the draft or change that T's from_json reads.
template <class T>
T body_as(const request& rq) {
  return rq.json().template get<T>();
}

}  // namespace streamspace::rest
