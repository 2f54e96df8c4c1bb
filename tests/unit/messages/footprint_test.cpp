#include <cstdint>
#include <malloc.h>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/heap.hpp>

#include <streamspace/messages/footprint.hpp>

namespace streamspace {
namespace {

using testing::heap_in_use;
using testing::heap_is_seen;

template <class Make>
void expect_near_the_heap(Make make) {
  constexpr std::size_t many = 200;
  std::vector<decltype(make())> values;
  values.reserve(many);
  const auto before = heap_in_use();
  while (values.size() < many) values.push_back(make());
  const auto bytes = sizeof(values.front()) + static_cast<double>(heap_in_use() - before) / many;
  EXPECT_GE(static_cast<double>(approximate_bytes(values.front())), 0.9 * bytes);
  EXPECT_LE(static_cast<double>(approximate_bytes(values.front())), 1.1 * bytes);
}

TEST(Footprint, IsNearWhatTheHeapGivesForJson) {
  if (!heap_is_seen()) GTEST_SKIP() << "the heap is not malloc's";
  expect_near_the_heap([] { return json{}; });
  expect_near_the_heap([] { return json(true); });
  expect_near_the_heap([] { return json("short"); });
  expect_near_the_heap([] { return json(std::string(5000, 'x')); });
  expect_near_the_heap([] { return json::array(); });
  expect_near_the_heap([] { return json::object(); });
  expect_near_the_heap([] { return json(std::vector<int>(1000, 7)); });
  expect_near_the_heap([] { return json::binary(std::vector<std::uint8_t>(3000)); });
  expect_near_the_heap([] {
    return json{{"id", "s1"}, {"a name that is longer than a short string", 1}, {"list", {1, "two", {{"three", 3}}}}};
  });
}

/// A value of random shape with about `parts` parts.
json random_json(std::mt19937& random, int parts) {
  if (parts <= 1) {
    switch (random() % 4) {
      case 0:
        return nullptr;
      case 1:
        return random();
      case 2:
        return "text";
      default:
        return std::string(random() % 100, 'x');
    }
  }
  const bool named = random() % 2;
  json value = named ? json::object() : json::array();
  while (parts > 0) {
    const auto share = 1 + static_cast<int>(random() % static_cast<unsigned>(parts));
    if (named)
      value[std::string(1 + random() % 30, static_cast<char>('a' + random() % 26))] = random_json(random, share - 1);
    else
      value.push_back(random_json(random, share - 1));
    parts -= share;
  }
  return value;
}

TEST(Footprint, IsNearWhatTheHeapGivesForJsonOfAnyShape) {
  if (!heap_is_seen()) GTEST_SKIP() << "the heap is not malloc's";
  std::mt19937 random{20260329};
  for (int i = 0; i < 100; ++i) {
    const auto shape = random_json(random, 30);
    SCOPED_TRACE(shape.dump());
    expect_near_the_heap([&] { return shape; });
  }
}

TEST(Footprint, IsNearWhatTheHeapGivesForSessionsAndUsers) {
  if (!heap_is_seen()) GTEST_SKIP() << "the heap is not malloc's";
  const std::string text(200, 'x');
  expect_near_the_heap([] { return session{}; });
  expect_near_the_heap([&] {
    session s;
    s.id = s.user_id = s.template_name = s.app_type = s.name_space = s.platform = text;
    s.team_id = s.url = s.pod_name = s.memory = s.cpu = s.idle_timeout = s.max_session_duration = text;
    return s;
  });
  expect_near_the_heap([] { return user{}; });
  expect_near_the_heap([&] {
    user u;
    u.id = u.username = u.email = u.full_name = u.role = u.provider = text;
    u.groups = std::vector<std::string>(10, text);
    u.quota = json{{"sessions", 5}, {"why", text}};
    return u;
  });
}

TEST(Footprint, GrowsWithEveryTextOfASessionAndAUser) {
  const std::string text(200, 'x');
  for (auto field : {&session::id, &session::user_id, &session::template_name, &session::app_type, &session::name_space,
                     &session::platform}) {
    session s;
    s.*field = text;
    EXPECT_GE(approximate_bytes(s), approximate_bytes(session{}) + text.size());
  }
  for (auto field : {&session::team_id, &session::url, &session::pod_name, &session::memory, &session::cpu,
                     &session::idle_timeout, &session::max_session_duration}) {
    session s;
    s.*field = text;
    EXPECT_GE(approximate_bytes(s), approximate_bytes(session{}) + text.size());
  }
  for (auto field : {&user::id, &user::username, &user::email, &user::full_name, &user::role, &user::provider}) {
    user u;
    u.*field = text;
    EXPECT_GE(approximate_bytes(u), approximate_bytes(user{}) + text.size());
  }
}

TEST(Footprint, CountsSixtyFourLevels) {
  const auto nested = [](int levels) {
    json value = std::string(1000, 'x');
    for (int i = 0; i < levels; ++i) {
      auto outer = json::array();
      outer.push_back(std::move(value));
      value = std::move(outer);
    }
    return value;
  };
  EXPECT_GE(approximate_bytes(nested(64)), approximate_bytes(nested(63)) + sizeof(json));
  EXPECT_LT(approximate_bytes(nested(65)), approximate_bytes(nested(64))) << "the text is out of sight";
  EXPECT_EQ(approximate_bytes(nested(200'000)), approximate_bytes(nested(65)));
}

}  // namespace
}  // namespace streamspace
