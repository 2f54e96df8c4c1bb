#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <bench/comparison.hpp>
#include <bench/report.hpp>
#include <bench/runner.hpp>

#include <streamspace/messages/error.hpp>

namespace {

using namespace streamspace;
using namespace streamspace::bench;

struct bench_options {
  std::string suite;  ///< Empty: all.
  std::string only;   ///< Part of a quantity's name and parameters; empty: all.
  std::string json_file;
  int repeats = 5;
  bool list = false;
};

/// One line on a terminal that says how far it is; elsewhere nothing.
class progress_line {
 public:
  explicit progress_line(std::size_t runs) : runs_{runs} {}
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() {
    if (shown_) std::cerr << erase << std::flush;
  }

  void next(const quantity& what) {
    ++run_;
    if (shown_)
      std::cerr << erase << '[' << run_ << '/' << runs_ << "] " << what.name << ' ' << what.params.dump() << std::flush;
  }

 private:
  static constexpr const char* erase = "\r\x1b[K";

  std::size_t runs_;
  std::size_t run_ = 0;
  bool shown_ = ::isatty(STDERR_FILENO) != 0;
};

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

suite_content content_of(const std::string& wanted) {
  suite_content chosen;
  std::string names;
  for (const auto& s : all_suites()) {
    names += (names.empty() ? "" : ", ") + s.name;
    if (wanted != "all" && wanted != s.name) continue;
    auto content = s.content();
    append(chosen.measurements, std::move(content.measurements));
    append(chosen.bars, std::move(content.bars));
    append(chosen.notes, std::move(content.notes));
  }
  if (chosen.measurements.empty())
    throw error{ec::not_found, "there is no suite '" + wanted + "'; the suites are: " + names};
  return chosen;
}

void keep_only(const std::string& part, std::vector<measurement>& all) {
  std::erase_if(all, [&](const measurement& m) {
    return std::none_of(m.gives.begin(), m.gives.end(), [&](const quantity& q) {
      return (q.name + ' ' + q.params.dump()).find(part) != std::string::npos;
    });
  });
  if (all.empty()) throw error{ec::not_found, "no measurement has '" + part + "' in its name and parameters"};
}

std::vector<figure> measure(const std::vector<measurement>& measurements, int repeats) {
  progress_line progress{measurements.size() * static_cast<std::size_t>(repeats)};
  return run_in_turns(measurements, repeats, [&](int, const measurement& m) { progress.next(m.gives.front()); });
}

void list_suites() {
  for (const auto& s : all_suites()) std::cout << s.name << ": " << s.description << '\n';
}

void run(const bench_options& options) {
  const auto name = options.suite.empty() ? std::string{"all"} : options.suite;
  auto content = content_of(name);
  keep_only(options.only, content.measurements);
  // Opened first: an hour of measuring must not end with a file that cannot be written.
  std::ofstream file;
  if (!options.json_file.empty()) {
    file.open(options.json_file);
    if (!file) throw error{ec::io_error, "cannot write to '" + options.json_file + "'; give another file to --json"};
  }
  for (const auto& note : content.notes) std::cout << note << std::endl;
  const auto figures = measure(content.measurements, options.repeats);
  std::cout << name << ": median of " << options.repeats << " runs, on " << std::thread::hardware_concurrency()
            << " processors\n\n"
            << to_table(figures);
  if (const auto lines = to_lines(compare(figures, content.bars)); !lines.empty()) std::cout << '\n' << lines;
  if (file.is_open() && !(file << to_document(name, figures).dump(2) << std::endl))
    throw error{ec::io_error, "could not write all of '" + options.json_file + "'"};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures streamspace, and peers beside it, and prints a table.", "streamspace-bench"};
  bench_options options;
  app.add_option("suite", options.suite, "The suite to run; all of them if none is given");
  app.add_option("--json", options.json_file,
                 "Also write {suite, results: [{name, params, value, unit}]} to this file");
  app.add_option("--only", options.only,
                 "Only what has this in its name and parameters, as 'bus.async {\"subscribers\":10}' has");
  app.add_option("--repeats", options.repeats, "Runs of each measurement, of which the median counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--list", options.list, "Name the suites and end");
  CLI11_PARSE(app, argc, argv);
  try {
    options.list ? list_suites() : run(options);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << '\n';
    return 1;
  }
}
