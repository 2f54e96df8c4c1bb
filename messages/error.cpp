#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <typeinfo>

#include <streamspace/messages/error.hpp>

namespace streamspace {

std::string_view to_string(ec code) noexcept {
  switch (code) {
    case ec::invalid_argument:
      return "invalid_argument";
    case ec::not_found:
      return "not_found";
    case ec::already_exists:
      return "already_exists";
    case ec::conflict:
      return "conflict";
    case ec::unauthenticated:
      return "unauthenticated";
    case ec::permission_denied:
      return "permission_denied";
    case ec::timeout:
      return "timeout";
    case ec::unavailable:
      return "unavailable";
    case ec::would_deadlock:
      return "would_deadlock";
    case ec::not_in_turn:
      return "not_in_turn";
    case ec::plugin_failed:
      return "plugin_failed";
    case ec::plugin_incompatible:
      return "plugin_incompatible";
    case ec::database_unreachable:
      return "database_unreachable";
    case ec::database_error:
      return "database_error";
    case ec::data_folder_in_use:
      return "data_folder_in_use";
    case ec::io_error:
      return "io_error";
    case ec::internal:
      return "internal";
    case ec::quota_exceeded:
      return "quota_exceeded";
  }
  return "internal";
}

std::string_view error::fact(std::string_view name) const noexcept {
  for (const auto& [key, value] : context_)
    if (key == name) return value;
  return {};
}

void raise(error e) {
  if (e.code() == ec::database_error) throw database_error{std::move(e)};
  throw e;
}

namespace {

std::string demangled(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> name{abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free};
  return status == 0 ? std::string{name.get()} : std::string{type.name()};
}

}  // namespace

exception_text describe_current_exception() noexcept {
  const auto* type = abi::__cxa_current_exception_type();
  auto name = type ? demangled(*type) : std::string{"unknown"};
  try {
    throw;
  } catch (const std::exception& e) {
    return {std::move(name), e.what()};
  } catch (const std::string& text) {
    return {std::move(name), text};
  } catch (const char* text) {
    return {std::move(name), text ? text : ""};
  } catch (...) {
    return {name, "an exception of type " + name};
  }
}

}  // namespace streamspace
