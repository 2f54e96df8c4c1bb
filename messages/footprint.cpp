#include <array>
#include <optional>
#include <string>

#include <streamspace/messages/footprint.hpp>

namespace streamspace {

namespace {

constexpr std::size_t deepest = 64;

/// What a node of a std::map takes beside its value: colour, parent, left and right.
constexpr std::size_t map_node = 4 * sizeof(void*);

/// What an allocation takes from the heap: a word before it, rounded up to two words.
constexpr std::size_t block(std::size_t bytes) noexcept {
  constexpr std::size_t word = sizeof(void*);
  return (bytes + 3 * word - 1) / (2 * word) * (2 * word);
}

std::size_t heap_of(const std::string& text) noexcept {
  static const auto inside = std::string{}.capacity();
  return text.capacity() > inside ? block(text.capacity() + 1) : 0;
}

std::size_t heap_of(const std::optional<std::string>& text) noexcept {
  return text ? heap_of(*text) : 0;
}

/// What the value holds on the heap without what its members or items and their names hold.
std::size_t heap_of(const json& value) noexcept {
  if (const auto* object = value.get_ptr<const json::object_t*>())
    return block(sizeof *object) + object->size() * block(map_node + sizeof(json::object_t::value_type));
  if (const auto* array = value.get_ptr<const json::array_t*>())
    return block(sizeof *array) + (array->capacity() > 0 ? block(array->capacity() * sizeof(json)) : 0);
  if (const auto* text = value.get_ptr<const json::string_t*>()) return block(sizeof *text) + heap_of(*text);
  if (const auto* binary = value.get_ptr<const json::binary_t*>())
    return block(sizeof *binary) + (binary->capacity() > 0 ? block(binary->capacity()) : 0);
  return 0;
}

/// What is still to be looked at in an object or array.
struct open_value {
  json::object_t::const_iterator member{}, last_member{};
  const json* item = nullptr;
  const json* last_item = nullptr;
};

open_value opened(const json& value) noexcept {
  if (const auto* object = value.get_ptr<const json::object_t*>()) return {object->begin(), object->end()};
  const auto& array = *value.get_ptr<const json::array_t*>();
  return {{}, {}, array.data(), array.data() + array.size()};
}

}  // namespace

std::size_t approximate_bytes(const json& value) noexcept {
  auto sum = sizeof value + heap_of(value);
  if (!value.is_structured()) return sum;
  std::array<open_value, deepest> open;
  std::size_t depth = 0;
  open[depth++] = opened(value);
  while (depth > 0) {
    auto& at = open[depth - 1];
    const json* next = nullptr;
    if (at.item != at.last_item) {
      next = at.item++;
    } else if (at.member != at.last_member) {
      sum += heap_of(at.member->first);
      next = &at.member->second;
      ++at.member;
    } else {
      --depth;
      continue;
    }
    sum += heap_of(*next);
    if (next->is_structured() && depth < deepest) open[depth++] = opened(*next);
  }
  return sum;
}

std::size_t approximate_bytes(const session& s) noexcept {
  return sizeof s + heap_of(s.id) + heap_of(s.user_id) + heap_of(s.team_id) + heap_of(s.template_name) +
         heap_of(s.app_type) + heap_of(s.url) + heap_of(s.name_space) + heap_of(s.platform) + heap_of(s.pod_name) +
         heap_of(s.memory) + heap_of(s.cpu) + heap_of(s.idle_timeout) + heap_of(s.max_session_duration);
}

std::size_t approximate_bytes(const user& u) noexcept {
  auto sum = sizeof u + heap_of(u.id) + heap_of(u.username) + heap_of(u.email) + heap_of(u.full_name) +
             heap_of(u.role) + heap_of(u.provider);
  if (u.groups.capacity() > 0) sum += block(u.groups.capacity() * sizeof(std::string));
  for (const auto& group : u.groups) sum += heap_of(group);
  if (u.quota) sum += approximate_bytes(*u.quota) - sizeof(json);
  return sum;
}

}  // namespace streamspace
