#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <streamspace/plugins/sdk/plugin_context.hpp>
#include <streamspace/plugins/sdk/plugin_handler.hpp>
#include <streamspace/plugins/sdk/shared_json.hpp>

namespace streamspace {

/// What the code of a plugin and of the host must have in common, as it lies in a plugin's file. The host reads it
/// there before any code of the plugin runs. A plain record of fixed size, so that a host of any version can read it.
struct plugin_abi {
  static constexpr std::string_view magic_text{"streamspace-abi"};
  /// Where it lies in the file.
  static constexpr const char* section = ".streamspace.abi";
  /// Counts up with each change of the SDK that code compiled before does not survive.
  static constexpr std::uint32_t current_sdk = 1;

  std::array<char, 16> magic{};
  std::uint32_t size = 0;      ///< Of the record.
  std::uint32_t sdk = 0;       ///< current_sdk of the SDK that it was built with.
  std::uint32_t cxx_abi = 0;   ///< __GXX_ABI_VERSION
  std::uint32_t standard = 0;  ///< Bits: 1 std::string as of C++11, 2 containers that check themselves.
  std::uint32_t json = 0;      ///< The version of nlohmann/json, 31102 for 3.11.2.
  /// A hash over the sizes of what host and plugin hand each other: it differs where their headers do, whatever they
  /// claim.
  std::uint32_t layout = 0;
  std::array<char, 64> compiler{};  ///< For people; it may differ.

  friend bool operator==(const plugin_abi&, const plugin_abi&) = default;
};

namespace detail {

template <class... Types>
consteval std::uint32_t layout_of() {
  std::uint32_t hash = 2'166'136'261U;
  for (const std::size_t size : {sizeof(Types)..., alignof(Types)...})
    hash = (hash ^ static_cast<std::uint32_t>(size)) * 16'777'619U;
  return hash;
}

template <std::size_t Size>
constexpr std::array<char, Size> fixed_text(std::string_view text) {
  std::array<char, Size> fixed{};
  std::copy_n(text.begin(), std::min(text.size(), Size - 1), fixed.begin());
  return fixed;
}

}  // namespace detail

/// The record of whoever compiles this.
consteval plugin_abi this_abi() {
  plugin_abi abi;
  abi.magic = detail::fixed_text<16>(plugin_abi::magic_text);
  abi.size = sizeof(plugin_abi);
  abi.sdk = plugin_abi::current_sdk;
  abi.cxx_abi = __GXX_ABI_VERSION;
#if _GLIBCXX_USE_CXX11_ABI
  abi.standard |= 1U;
#endif
#ifdef _GLIBCXX_DEBUG
  abi.standard |= 2U;
#endif
  abi.json = NLOHMANN_JSON_VERSION_MAJOR * 10'000 + NLOHMANN_JSON_VERSION_MINOR * 100 + NLOHMANN_JSON_VERSION_PATCH;
  abi.layout = detail::layout_of<plugin_context, plugin_manifest, plugin_logger, plugin_storage, plugin_database,
                                 registrations, subscription, plugin_route, service_link, service_request, transaction,
                                 event, session, user, request, response, ui_component, error, json>();
  abi.compiler = detail::fixed_text<64>(
#ifdef __clang__
      "clang " __VERSION__
#else
      "g++ " __VERSION__
#endif
  );
  return abi;
}

}  // namespace streamspace

/// What a file must have to be a plugin besides the function NewPlugin. STREAMSPACE_PLUGIN has it.
#define STREAMSPACE_PLUGIN_ABI                                                                                     \
  extern "C" {                                                                                                     \
  [[gnu::visibility("default")]] extern const ::streamspace::plugin_abi StreamspacePluginAbi;                      \
  [[gnu::section(".streamspace.abi"), gnu::used]] constinit const ::streamspace::plugin_abi StreamspacePluginAbi = \
      ::streamspace::this_abi();                                                                                   \
  }                                                                                                                \
  static_assert(true)

/// Makes a plugin class the plugin of a shared object, at namespace scope of one of its source files.
#define STREAMSPACE_PLUGIN(Class)                                                                                    \
  STREAMSPACE_PLUGIN_ABI;                                                                                            \
  extern "C" [[gnu::used, gnu::visibility("default")]] ::streamspace::plugin_handler* NewPlugin() {                  \
    return new Class{};                                                                                              \
  }                                                                                                                  \
  extern "C" [[gnu::used, gnu::visibility("default")]] constexpr ::streamspace::event_hooks StreamspacePluginHooks = \
      ::streamspace::hooks_of<Class>()
