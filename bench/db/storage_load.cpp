#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include <bench/db/storage_load.hpp>
#include <bench/db/storing_plugin.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds warm_up{300};
constexpr std::chrono::seconds measuring_time{2};

double calls_per_second(const std::string& database_url, std::size_t callers,
                        const std::function<void(plugin_storage&, const std::string& key)>& call) {
  const storing_plugin plugin{database_url};
  auto& storage = plugin.context().storage();

  std::atomic<bool> counts{false};
  std::atomic<bool> over{false};
  std::atomic<std::size_t> done{0};
  clock::duration took{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers; ++i)
      threads.emplace_back([&, i] {
        std::minstd_rand random{static_cast<unsigned>(i + 1)};
        std::uniform_int_distribution<std::size_t> keys{1, stored_keys};
        while (!over) {
          call(storage, "key-" + std::to_string(keys(random)));
          if (counts.load(std::memory_order_relaxed)) done.fetch_add(1, std::memory_order_relaxed);
        }
      });
    std::this_thread::sleep_for(warm_up);
    const auto begin = clock::now();
    counts = true;
    std::this_thread::sleep_for(measuring_time);
    counts = false;
    took = clock::now() - begin;
    over = true;
  }
  return static_cast<double>(done) / std::chrono::duration<double>{took}.count();
}

}  // namespace

double storage_sets(const std::string& database_url, std::size_t callers) {
  return calls_per_second(database_url, callers, [](plugin_storage& storage, const std::string& key) {
    storage.set(key, {{"n", 42}});
  });
}

double storage_gets(const std::string& database_url, std::size_t callers) {
  return calls_per_second(database_url, callers,
                          [](plugin_storage& storage, const std::string& key) { storage.get(key); });
}

}  // namespace streamspace::bench
