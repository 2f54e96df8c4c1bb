#include <pthread.h>
#include <unistd.h>

#include <cli/demo_interrupt.hpp>

namespace streamspace {

demo_interrupt::demo_interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::thread{[this] { watch(); }};
}

demo_interrupt::~demo_interrupt() {
  over_ = true;
  // Only the watcher gets this one, which ends its wait.
  pthread_kill(watcher_.native_handle(), SIGTERM);
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void demo_interrupt::watch() {
  while (true) {
    int number = 0;
    if (sigwait(&signals_, &number) != 0) continue;
    if (over_) return;
    if (signal_ != 0) ::_exit(128 + number);
    signal_ = number;
    source_.request_stop();
  }
}

}  // namespace streamspace
