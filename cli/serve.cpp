#include <csignal>
#include <cstdio>
#include <thread>
#include <unistd.h>

#include <cli/commands.hpp>
#include <cli/platform_server.hpp>

namespace streamspace {

namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

int wait_for_signal() {
  const auto set = ending_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void welcome(const platform_server& server) {
  const auto url = server.url();
  std::printf(
      "\n"
      "StreamSpace serves at %s\n"
      "\n"
      "An admin's token, good for this session:\n"
      "  export TOKEN=%s\n"
      "\n"
      "Try:\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" %s/api/plugins\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" %s/api/users -d "
      "'{\"username\":\"ann\",\"email\":\"ann@example.com\"}'\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" %s/api/plugins/audit/events\n"
      "\n"
      "Ctrl-C stops it.\n\n",
      url.c_str(), server.admin_token().c_str(), url.c_str(), url.c_str(), url.c_str());
  std::fflush(stdout);
}

}  // namespace

void block_signals() {
  auto set = ending_signals();
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int serve(const serve_options& options) {
  platform_server server{options};
  server.start();
  welcome(server);
  wait_for_signal();
  std::fprintf(stderr, "stopping; once more to stop at once\n");
  std::thread{[] {
    const auto number = wait_for_signal();
    ::_exit(128 + number);
  }}.detach();
  server.stop();
  return 0;
}

}  // namespace streamspace
