#pragma once

#include <filesystem>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/plugin_abi.hpp>

namespace streamspace {

/// Looks at a shared object without running any of its code: that it is whole, of this machine, and a plugin. The
/// record of its ABI as it lies there, which may be of another SDK. Errors: plugin_incompatible, whose message is the
/// reason alone ("it is no ELF file"); io_error.
result<plugin_abi> inspect_code(const std::filesystem::path& file);

/// Why code with the one record cannot run in a host with the other; "" when it can.
std::string why_incompatible(const plugin_abi& code, const plugin_abi& host);

}  // namespace streamspace
