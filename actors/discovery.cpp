#include <caf/send.hpp>

#include <streamspace/actors/discovery.hpp>

namespace streamspace {

void discovery_state::discover() {
  const auto found = setup.sources->discover();
  std::map<std::string, std::string> wrong;
  for (const auto& candidate : found->all())
    if (!candidate.rejected.empty()) wrong.emplace(candidate.file.string(), candidate.rejected);
  for (const auto& fault : found->faults()) wrong.emplace(fault, fault);
  for (const auto& [what, why] : wrong)
    if (const auto before = said.find(what); before == said.end() || before->second != why)
      setup.log(
          {"runtime", log_level::warn, "what looks like a plugin is none", {{"file", what}, {"what", why}}, now()});
  said = std::move(wrong);
}

discovery_actor::behavior_type discovery(discovery_actor::stateful_pointer<discovery_state> self,
                                         discovery_setup setup) {
  auto& state = self->state;
  state.setup = std::move(setup);
  state.watch = std::make_unique<folder_watch>(
      state.setup.sources->directories(),
      [me = self->address()] {
        if (const auto present = caf::actor_cast<discovery_actor>(me)) caf::anon_send(present, atom::discover_v);
      },
      [log = state.setup.log](const std::string& fault) {
        log({"runtime",
             log_level::warn,
             "the directories of plugins are looked at now and then only",
             {{"what", fault}},
             now()});
      });
  return {[self](atom::discover) {
    self->state.discover();
    return self->state.setup.sources->list();
  }};
}

}  // namespace streamspace
