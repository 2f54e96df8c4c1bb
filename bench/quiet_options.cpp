#include <cstdio>

#include <bench/quiet_options.hpp>

namespace streamspace::bench {

runtime_options quiet_options() {
  runtime_options options;
  options.log = [](const log_record& record) {
    if (record.level >= log_level::error) std::fprintf(stderr, "%s\n", to_json_line(record).c_str());
  };
  return options;
}

}  // namespace streamspace::bench
