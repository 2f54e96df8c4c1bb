#include <fstream>
#include <unistd.h>

#include <bench/resident_memory.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

double resident_mib() {
  std::ifstream file{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  if (!(file >> total >> resident)) throw error{ec::io_error, "cannot read /proc/self/statm"};
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

}  // namespace streamspace::bench
