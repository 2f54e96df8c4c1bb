#include <cstdio>

#include <cli/commands.hpp>

#include <streamspace/http/token_authority.hpp>

namespace streamspace {

int print_token(const token_options& options) {
  const auto file = options.data_dir / "token.key";
  if (!std::filesystem::exists(file))
    throw error{ec::not_found, "there is no key in " + options.data_dir.string() +
                                   "; start the server with this --data-dir first, or name the right one"};
  const token_authority tokens{signing_key::load_or_create(file)};
  std::printf("%s\n", tokens.issue({options.subject, options.role, options.permissions}, options.ttl, now()).c_str());
  return 0;
}

}  // namespace streamspace
