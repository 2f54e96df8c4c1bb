#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>

namespace streamspace {

/// A plugin's configuration: what the operator set over the defaults of manifest and schema. Any thread may read it.
class plugin_config {
 public:
  explicit plugin_config(json value = json::object()) { set(std::move(value)); }
  plugin_config(const plugin_config&) = delete;
  plugin_config& operator=(const plugin_config&) = delete;

  /// The whole object. It stays as it is, also after on_config_changed, for as long as the plugin is loaded.
  const json& raw() const noexcept { return *now_.load(std::memory_order_acquire); }

  /// Another value from now on. For whoever takes the plugin's turns, in turn.
  void set(json value);

  /// The value at a JSON pointer (RFC 6901: "/threshold"), or the fallback when there is none.
  /// Errors: invalid_argument when the value is of another type, or the pointer is malformed.
  template <class T>
  T get(const std::string& pointer, T fallback) const {
    const auto* found = find(pointer);
    return found ? convert<T>(pointer, *found) : fallback;
  }

  /// The value at a JSON pointer that must be there. Errors: not_found, invalid_argument.
  template <class T>
  T get(const std::string& pointer) const {
    const auto* found = find(pointer);
    if (!found) throw error{ec::not_found, "the configuration has nothing at " + pointer + "; set it"};
    return convert<T>(pointer, *found);
  }

 private:
  const json* find(const std::string& pointer) const;

  /// A number that would lose digits, its sign or its fraction is of another type.
  template <class T>
  static T convert(const std::string& pointer, const json& value) {
    if constexpr (std::same_as<T, bool>) {
      if (!value.is_boolean()) misfit(pointer, value, "true or false");
    } else if constexpr (std::integral<T>) {
      const bool fits = value.is_number_unsigned()
                            ? std::in_range<T>(value.template get<std::uint64_t>())
                            : value.is_number_integer() && std::in_range<T>(value.template get<std::int64_t>());
      if (!fits) misfit(pointer, value, "an integer of " + std::to_string(sizeof(T) * 8) + " bits");
    } else if constexpr (std::floating_point<T>) {
      if (!value.is_number()) misfit(pointer, value, "a number");
    }
    try {
      return value.template get<T>();
    } catch (const json::exception&) {
      misfit(pointer, value, "of another type");
    }
  }
  [[noreturn]] static void misfit(const std::string& pointer, const json& value, const std::string& wanted);

  std::vector<std::unique_ptr<const json>> values_;  ///< All there have been: somebody may still read one.
  std::atomic<const json*> now_{nullptr};
};

}  // namespace streamspace
