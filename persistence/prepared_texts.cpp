#include <algorithm>
#include <functional>
#include <utility>

#include <streamspace/persistence/prepared_texts.hpp>

namespace streamspace {

bool prepared_texts::is_worth_it(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 7> planned{"select", "insert", "update", "delete", "with", "values", "merge"};
  if (text.size() > longest) return false;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return std::any_of(planned.begin(), planned.end(), [&](std::string_view word) {
    return text.size() > word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  });
}

const std::string* prepared_texts::find(const std::string& text) {
  const auto found = found_.find(text);
  if (found == found_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return &found->second->name;
}

bool prepared_texts::comes_again(std::string_view text) noexcept {
  const auto hash = std::hash<std::string_view>{}(text) | 1U;  // No text is taken for an empty place.
  if (std::find(seen_.begin(), seen_.end(), hash) != seen_.end()) return true;
  seen_[next_seen_++ % most_seen] = hash;
  return false;
}

std::optional<std::string> prepared_texts::make_room() {
  if (by_use_.size() < most) return std::nullopt;
  auto name = std::move(by_use_.back().name);
  erase(std::prev(by_use_.end()));
  return name;
}

void prepared_texts::add(std::string text, std::string name) {
  by_use_.push_front({std::move(text), std::move(name)});
  found_.emplace(by_use_.front().text, by_use_.begin());
}

void prepared_texts::drop(const std::string& text) {
  if (const auto found = found_.find(text); found != found_.end()) erase(found->second);
}

bool prepared_texts::has(const std::string& name) const noexcept {
  return std::any_of(by_use_.begin(), by_use_.end(), [&](const entry& e) { return e.name == name; });
}

void prepared_texts::erase(place where) {
  found_.erase(where->text);
  by_use_.erase(where);
}

}  // namespace streamspace
