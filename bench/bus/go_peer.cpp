#include <unistd.h>

#include <bench/bus/go_peer.hpp>
#include <bench/child_output.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

const std::string program = STREAMSPACE_GO_PEER;

}  // namespace

bool go_peer::is_built() {
  return !program.empty() && ::access(program.c_str(), X_OK) == 0;
}

json go_peer::run(const std::vector<std::string>& arguments) {
  const auto text = output_of(program, arguments);
  auto figures = json::parse(text, nullptr, false);
  if (!figures.is_object()) throw error{ec::io_error, program + " printed no figures: " + text};
  return figures;
}

}  // namespace streamspace::bench
