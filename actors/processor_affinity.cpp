#include <streamspace/actors/processor_affinity.hpp>

namespace streamspace {

int present_processor() noexcept {
  return ::sched_getcpu();
}

processor_set processor_set::of_this_thread() noexcept {
  processor_set usable;
  if (::sched_getaffinity(0, sizeof usable.set_, &usable.set_) != 0) CPU_ZERO(&usable.set_);
  return usable;
}

processor_stay::processor_stay(int processor, const processor_set& before) noexcept : before_{before} {
  if (processor < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(processor), &one);
  holds_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
}

processor_stay::~processor_stay() {
  if (holds_) ::sched_setaffinity(0, sizeof before_.set_, &before_.set_);
}

}  // namespace streamspace
