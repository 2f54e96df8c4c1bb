#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

session a_session() {
  session s;
  s.id = "s1";
  s.user_id = "ann";
  return s;
}

TEST(Event, HasAnIdATimeAndASourceFromTheBeginning) {
  const auto before = now();
  const event one{"session.created"};
  const event two{"session.created"};
  EXPECT_NE(one.id(), two.id());
  EXPECT_EQ(one.id().size(), 36U);
  EXPECT_GE(one.time(), before);
  EXPECT_LE(one.time(), now());
  EXPECT_EQ(one.source(), "platform");
  EXPECT_EQ(one.data(), json::object());
}

TEST(Event, RefusesATypeThatIsNone) {
  for (const auto* type : {"", "session.*", "a b", "a..b"})
    EXPECT_EQ(failure_of([&] { event{type}; })->code(), ec::invalid_argument) << type;
}

TEST(Event, KeepsWhatItIsWhenItIsCopied) {
  auto original = a_session().created();
  original.set_source("importer");
  (void)original.data();
  const event copy{original};
  EXPECT_EQ(copy.id(), original.id());
  EXPECT_EQ(copy.time(), original.time());
  EXPECT_EQ(copy.source(), "importer");
  EXPECT_EQ(copy.envelope(), original.envelope());
  EXPECT_EQ(copy.get_if<session>(), original.get_if<session>()) << "shared, as it never changes";
}

TEST(Event, ShowsATypedPayloadAsJson) {
  const auto e = a_session().created();
  EXPECT_EQ(e.data(), json(a_session()));
  EXPECT_EQ(&e.data(), &e.data()) << "built once";
  EXPECT_EQ(e.get_if<user>(), nullptr);
  EXPECT_EQ(e.get_if<json>(), nullptr);
  user u;
  u.id = "ann";
  EXPECT_EQ(u.login().data(), json(u));
}

TEST(Event, CarriesAnyJson) {
  for (const json& payload : {json(nullptr), json(5), json("text"), json::array({1, 2}), json{{"a", 1}}}) {
    const event e{"plugin.x.y", payload};
    EXPECT_EQ(e.data(), payload);
    ASSERT_NE(e.get_if<json>(), nullptr);
    EXPECT_EQ(e.get_if<session>(), nullptr);
  }
}

TEST(Event, BuildsItsJsonOnceForAllThreads) {
  const auto e = a_session().created();
  std::vector<const json*> seen(8);
  std::vector<std::thread> threads;
  for (auto& view : seen) threads.emplace_back([&e, &view] { view = &e.data(); });
  for (auto& t : threads) t.join();
  for (const auto* view : seen) EXPECT_EQ(view, seen[0]);
}

TEST(Event, PutsAllOfItIntoItsEnvelope) {
  auto e = a_session().created();
  e.set_time(parse_rfc3339("2026-03-29T01:02:03.5Z").value());
  e.set_source("importer");
  EXPECT_EQ(e.envelope(), (json{{"id", e.id()},
                                {"type", "session.created"},
                                {"source", "importer"},
                                {"time", "2026-03-29T01:02:03.500000Z"},
                                {"data", json(a_session())}}));
}

TEST(EventTypes, AreElevenDifferentOnes) {
  std::set<std::string_view> all(event_types::all.begin(), event_types::all.end());
  EXPECT_EQ(all.size(), 11U);
  for (const auto type : all) EXPECT_TRUE(is_event_type(type)) << type;
}

}  // namespace
}  // namespace streamspace
