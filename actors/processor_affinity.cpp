#include <streamspace/actors/processor_affinity.hpp>

namespace streamspace {

int present_processor() noexcept {
  return ::sched_getcpu();
}

processor_stay::processor_stay(unsigned index) noexcept {
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  const auto count = static_cast<unsigned>(CPU_COUNT(&before_));
  if (count < 2) return;
  auto left = index % count;
  int chosen = 0;
  while (!CPU_ISSET(chosen, &before_) || left-- > 0) ++chosen;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  if (::sched_setaffinity(0, sizeof one, &one) == 0) processor_ = chosen;
}

processor_stay::~processor_stay() {
  if (processor_ >= 0) ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace streamspace
