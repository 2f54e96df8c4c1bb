#include <algorithm>
#include <cmath>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/json_text.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw error{ec::invalid_argument, "the JSON value cannot be stored: " + why};
}

void check_text(const std::string& text) {
  if (const auto fault = why_not_sql_text(text)) refuse("a text in it " + *fault);
}

void check_scalar(const json& value) {
  if (value.is_string()) check_text(value.get_ref<const std::string&>());
  if (value.is_number_float() && !std::isfinite(value.get<double>())) refuse("a number in it is not finite");
  if (value.is_binary() || value.is_discarded()) refuse("a part of it is no JSON");
}

}  // namespace

std::string to_jsonb_text(const json& value) {
  // A walk with a stack of its own, since the depth is what is in question.
  struct place {
    json::const_iterator next;
    json::const_iterator end;
    bool named;
  };
  check_scalar(value);
  std::vector<place> open;
  const auto enter = [&](const json& container) {
    if (!container.is_structured()) return;
    if (open.size() == deepest_jsonb) refuse("it has more than " + std::to_string(deepest_jsonb) + " levels");
    open.push_back({container.begin(), container.end(), container.is_object()});
  };
  enter(value);
  while (!open.empty()) {
    auto& here = open.back();
    if (here.next == here.end) {
      open.pop_back();
      continue;
    }
    const auto at = here.next++;
    if (here.named) check_text(at.key());
    check_scalar(*at);
    enter(*at);
  }
  return value.dump();
}

std::string jsonb_array_text(const std::vector<std::string>& values) {
  std::string all{"["};
  for (const auto& value : values) {
    if (all.size() > 1) all += ',';
    all += value;
  }
  return all += ']';
}

std::string fit_for_sql(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

}  // namespace streamspace
