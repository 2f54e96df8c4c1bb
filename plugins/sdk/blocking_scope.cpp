#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

thread_local turn_thread* current_thread = nullptr;

}  // namespace

turn_thread* turn_thread::current() noexcept {
  return current_thread;
}

void turn_thread::set_current(turn_thread* thread) noexcept {
  current_thread = thread;
}

blocking_scope::blocking_scope() noexcept {
  if (current_thread) current_thread->about_to_block();
}

}  // namespace streamspace
