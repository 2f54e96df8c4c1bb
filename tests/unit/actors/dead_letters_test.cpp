#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/dead_letters.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum dead_letter_cause;

const timestamp start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 29};

undelivered letter(std::string_view plugin, dead_letter_cause cause = inbox_full) {
  return {.at = start,
          .plugin = plugin,
          .subscription = "a.*",
          .what = std::make_shared<const event>("a.b"),
          .cause = cause};
}

std::vector<std::uint64_t> ids(const std::vector<dead_letter>& letters) {
  std::vector<std::uint64_t> found;
  for (const auto& l : letters) found.push_back(l.id);
  return found;
}

std::uint64_t total(const dead_letters& letters, dead_letter_cause cause) {
  return letters.totals()[static_cast<std::size_t>(cause)];
}

TEST(DeadLetters, KeepWhatTheyAreGiven) {
  dead_letters letters;
  const auto e = std::make_shared<const event>("a.b", json{{"n", 1}});
  const auto id = letters.add({.at = start,
                               .plugin = "billing",
                               .subscription = "a.*",
                               .what = e,
                               .cause = poison,
                               .detail = "it threw",
                               .attempts = 3});
  const auto found = letters.find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->what, e);
  EXPECT_EQ(json(*found), (json{{"id", id},
                                {"at", "2026-03-29T00:00:00.000000Z"},
                                {"plugin", "billing"},
                                {"subscription", "a.*"},
                                {"cause", "poison"},
                                {"detail", "it threw"},
                                {"attempts", 3},
                                {"event", e->envelope()}}));
}

TEST(DeadLetters, AreListedFromTheNewestOn) {
  dead_letters letters;
  for (int i = 0; i < 4; ++i) letters.add(letter("a"));
  EXPECT_THAT(ids(letters.list({})), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(ids(letters.list({.limit = 2})), ElementsAre(4, 3));
  EXPECT_THAT(ids(letters.list({.before = 3, .limit = 5})), ElementsAre(2, 1));
  EXPECT_THAT(ids(letters.list({.before = 4, .after = 1})), ElementsAre(3, 2));
  EXPECT_THAT(ids(letters.list({.after = 1, .limit = 2, .oldest_first = true})), ElementsAre(2, 3));
}

TEST(DeadLetters, AreFoundByPluginAndCause) {
  dead_letters letters;
  letters.add(letter("a", inbox_full));
  letters.add(letter("b", inbox_full));
  letters.add(letter("a", failed));
  letters.add(letter("a", inbox_full));
  EXPECT_THAT(ids(letters.list({.plugin = "a"})), ElementsAre(4, 3, 1));
  EXPECT_THAT(ids(letters.list({.cause = inbox_full})), ElementsAre(4, 2, 1));
  EXPECT_THAT(ids(letters.list({.plugin = "a", .cause = inbox_full, .before = 4, .limit = 1})), ElementsAre(1));
  EXPECT_THAT(letters.list({.plugin = "c"}), IsEmpty());
}

TEST(DeadLetters, AreFoundByTheTypeOfTheirEvent) {
  dead_letters letters;
  letters.add(letter("a"));
  auto other = letter("a");
  other.what = std::make_shared<const event>("a.c");
  letters.add(std::move(other));
  EXPECT_THAT(ids(letters.list({.type = "a.c"})), ElementsAre(2));
  EXPECT_THAT(letters.list({.type = "a.*"}), IsEmpty()) << "a type is no pattern";
}

TEST(DeadLetters, GoOnWithTheNumberTheyAreGiven) {
  dead_letters letters;
  letters.number_from(7'000'000'000);
  EXPECT_EQ(letters.last_id(), 6'999'999'999U);
  EXPECT_EQ(letters.add(letter("a")), 7'000'000'000U);
  EXPECT_EQ(letters.add(letter("a")), 7'000'000'001U);
  letters.number_from(5);
  EXPECT_EQ(letters.add(letter("a")), 7'000'000'002U) << "ids are not used again";
  EXPECT_TRUE(letters.find(7'000'000'001));
}

TEST(DeadLetters, PushOutTheOldestBeyondTheBoundInItems) {
  dead_letters letters{{.items = 3}};
  for (int i = 0; i < 5; ++i) letters.add(letter("a"));
  EXPECT_THAT(ids(letters.list({})), ElementsAre(5, 4, 3));
  EXPECT_FALSE(letters.find(2));
  EXPECT_TRUE(letters.find(3));
  EXPECT_EQ(letters.pushed_out(), 2U);
  letters.take(3);
  letters.add(letter("a"));
  EXPECT_EQ(letters.pushed_out(), 2U) << "what was taken was not pushed out";
}

TEST(DeadLetters, PushOutTheOldestBeyondTheBoundInBytes) {
  dead_letters letters{{.items = 100, .bytes = 10'000}};
  auto heavy = letter("a");
  heavy.event_bytes = 3000;
  for (int i = 0; i < 5; ++i) letters.add(heavy);
  EXPECT_THAT(ids(letters.list({})), ElementsAre(5, 4, 3));
  heavy.event_bytes = 6000;
  letters.add(heavy);
  EXPECT_THAT(ids(letters.list({})), ElementsAre(6, 5));
  heavy.event_bytes = 1'000'000;
  letters.add(heavy);
  EXPECT_THAT(ids(letters.list({})), ElementsAre(7)) << "the newest is kept in any case";
  letters.add(letter("a"));
  EXPECT_THAT(ids(letters.list({})), ElementsAre(8));
}

TEST(DeadLetters, LetGoOfTheEventsThatArePushedOut) {
  dead_letters letters{{.items = 100, .bytes = 10'000}};
  std::vector<std::weak_ptr<const event>> events;
  for (int i = 0; i < 4; ++i) {
    auto l = letter("a");
    l.event_bytes = i < 3 ? 2500 : 9000;
    events.push_back(l.what);
    letters.add(std::move(l));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(events[static_cast<std::size_t>(i)].expired()) << i;
  EXPECT_FALSE(events.back().expired());
  letters.take_all({});
  EXPECT_TRUE(events.back().expired());
}

TEST(DeadLetters, AreTakenOnce) {
  dead_letters letters{{.items = 3}};
  for (int i = 0; i < 4; ++i) letters.add(letter("a"));
  const auto taken = letters.take(3);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->id, 3U);
  EXPECT_TRUE(taken->what);
  EXPECT_FALSE(letters.take(3));
  EXPECT_FALSE(letters.take(1)) << "it was pushed out";
  EXPECT_FALSE(letters.take(99));
  letters.add(letter("a"));
  EXPECT_THAT(ids(letters.list({})), ElementsAre(5, 4, 2)) << "the place is free again";
}

TEST(DeadLetters, AreTakenTogetherInTheOrderInWhichTheyCame) {
  dead_letters letters;
  for (int i = 0; i < 3; ++i) {
    letters.add(letter("a"));
    letters.add(letter("b"));
  }
  EXPECT_THAT(ids(letters.take_all({.plugin = "a", .limit = 2})), ElementsAre(3, 5));
  EXPECT_THAT(ids(letters.take_all({.before = 4})), ElementsAre(1, 2));
  EXPECT_THAT(ids(letters.list({})), ElementsAre(6, 4));
  EXPECT_THAT(ids(letters.take_all({})), ElementsAre(4, 6));
  EXPECT_THAT(letters.take_all({}), IsEmpty());
}

TEST(DeadLetters, AreTakenFromTheOldestOnWithinABoundInBytes) {
  dead_letters letters;
  auto heavy = letter("a");
  heavy.event_bytes = 3000;
  for (int i = 0; i < 5; ++i) letters.add(heavy);
  const dead_letter_filter oldest{.limit = 3, .oldest_first = true};
  EXPECT_THAT(ids(letters.take_all(oldest, 8000)), ElementsAre(1, 2));
  EXPECT_THAT(ids(letters.take_all(oldest, 1)), ElementsAre(3)) << "one in any case";
  EXPECT_THAT(ids(letters.take_all(oldest)), ElementsAre(4, 5));
}

TEST(DeadLetters, CountWhatTheyHaveForgotten) {
  dead_letters letters{{.items = 2}};
  for (int i = 0; i < 7; ++i) letters.add(letter("a", not_enabled));
  letters.add(letter("a", quarantined));
  letters.take_all({});
  EXPECT_EQ(total(letters, not_enabled), 7U);
  EXPECT_EQ(total(letters, quarantined), 1U);
  EXPECT_EQ(total(letters, failed), 0U);
  EXPECT_THAT(letters.list({}), IsEmpty());
  EXPECT_EQ(letters.add(letter("a")), 9U) << "ids are not used again";
}

TEST(DeadLetters, CutLongDetailsBetweenCharacters) {
  dead_letters letters;
  auto l = letter("a");
  const auto text = std::string(dead_letters::longest_detail - 1, 'x') + "ü and more";
  l.detail = text;
  EXPECT_EQ(letters.find(letters.add(l))->detail, text.substr(0, dead_letters::longest_detail - 1));
  const auto fits = std::string(dead_letters::longest_detail - 2, 'x') + "ü";
  l.detail = fits;
  EXPECT_EQ(letters.find(letters.add(l))->detail, fits);
}

TEST(DeadLetters, NameTheirCauses) {
  for (std::size_t i = 0; i < dead_letter_causes; ++i) {
    const auto cause = static_cast<dead_letter_cause>(i);
    EXPECT_EQ(parse_dead_letter_cause(to_string(cause)), cause);
  }
  EXPECT_EQ(to_string(handler_deadline), "handler_deadline");
  EXPECT_FALSE(parse_dead_letter_cause("unknown"));
}

/// The same with a deque of (id, plugin, weight) that says it plainly.
TEST(DeadLetters, DoWhatAPlainListWouldDo) {
  struct plain {
    std::uint64_t id;
    std::string plugin;
    std::size_t bytes;
  };
  constexpr std::size_t items = 8;
  constexpr std::size_t unit = 100'000;  // Beside it the letters themselves weigh next to nothing.
  constexpr std::size_t units = 11;
  std::mt19937 random{20260329};
  dead_letters letters{{.items = items, .bytes = units * unit + unit / 2}};
  std::deque<plain> kept;
  std::uint64_t last = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string plugin = random() % 2 ? "a" : "b";
    if (const auto choice = random() % 10; choice < 7) {
      const auto weight = random() % 4;
      auto l = letter(plugin);
      l.event_bytes = weight * unit;
      const auto sum = [&] {
        std::size_t all = 0;
        for (const auto& k : kept) all += k.bytes;
        return all;
      };
      while (!kept.empty() && (kept.size() == items || sum() + weight > units)) kept.pop_front();
      kept.push_back({++last, plugin, weight});
      ASSERT_EQ(letters.add(std::move(l)), last);
    } else if (choice < 9) {
      const auto id = last - std::min<std::uint64_t>(last, random() % 10);
      const auto there = std::find_if(kept.begin(), kept.end(), [&](const plain& k) { return k.id == id; });
      ASSERT_EQ(letters.take(id).has_value(), there != kept.end());
      if (there != kept.end()) kept.erase(there);
    } else {
      std::vector<std::uint64_t> wanted;
      for (const auto& k : kept)
        if (k.plugin == plugin) wanted.push_back(k.id);
      std::erase_if(kept, [&](const plain& k) { return k.plugin == plugin; });
      ASSERT_EQ(ids(letters.take_all({.plugin = plugin})), wanted);
    }
    std::vector<std::uint64_t> wanted;
    for (auto k = kept.rbegin(); k != kept.rend(); ++k) wanted.push_back(k->id);
    ASSERT_EQ(ids(letters.list({})), wanted) << step;
  }
}

TEST(DeadLetters, AreAddedTakenAndListedFromManyThreads) {
  dead_letters letters{{.items = 64}};
  constexpr int each = 5'000;
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (const auto* plugin : {"a", "b", "c"})
    threads.emplace_back([&letters, plugin] {
      for (int i = 0; i < each; ++i) letters.add(letter(plugin));
    });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto seen = letters.list({.limit = 10});
        for (std::size_t k = 1; k < seen.size(); ++k) ASSERT_GT(seen[k - 1].id, seen[k].id);
        taken += static_cast<int>(letters.take_all({.plugin = "a"}).size());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(total(letters, inbox_full), 3U * each);
  EXPECT_LE(taken, each);
}

}  // namespace
}  // namespace streamspace
