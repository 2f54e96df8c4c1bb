// A host program: it brings a plugin along, starts the runtime, emits, and sees what became of it.
#include <iostream>

#include <streamspace/runtime.hpp>

namespace ss = streamspace;

class doorman final : public ss::base_plugin {
  void on_session_created(ss::plugin_context& ctx, const ss::session& s) override {
    ctx.logger().info("a session", {{"session", s.id}, {"count", ctx.storage().increment("sessions")}});
  }
  void on_session_deleted(ss::plugin_context&, const ss::session& s) override {
    throw ss::error{ss::ec::conflict, "session " + s.id + " is still in use"};
  }
};

int main() {
  ss::runtime rt;
  rt.register_builtin<doorman>("doorman");
  const auto loaded = rt.start();
  std::cout << "loaded " << loaded << '\n';
  const ss::session s{.id = "s1", .user_id = "u1", .template_name = "firefox", .state = ss::session_state::running};
  rt.emit(s.created());
  for (const auto& failed : rt.emit_sync(s.deleted()).failures())
    std::cout << failed.plugin << ": " << to_string(failed.outcome) << ": " << failed.what << '\n';
  std::cout << "doorman handled " << rt.plugin("doorman")->counters.delivered << '\n';
  rt.stop();
}
