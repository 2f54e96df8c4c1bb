#include <cctype>
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

TEST(Event, TakesItsTypeAsAnyText) {
  const std::string text = "session.a_type_that_fits_into_no_small_string";
  EXPECT_EQ(event{text}.type(), text);
  EXPECT_EQ(event{std::string_view{text}}.type(), text);
  EXPECT_EQ(event{text.c_str()}.type(), text);
  EXPECT_THROW(event{std::string_view{"a b"}}, error);
  EXPECT_THROW(event{std::string{"a b"}}, error);
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

TEST(Event, IsRestoredFromItsEnvelope) {
  auto original = a_session().created();
  original.set_time(parse_rfc3339("2026-03-29T01:02:03.5Z").value());
  original.set_source("importer");
  const auto back = event::restored(original.envelope().dump());
  EXPECT_EQ(back.id(), original.id());
  EXPECT_EQ(back.envelope(), original.envelope());
  EXPECT_EQ(back.get_if<session>(), nullptr) << "its payload is JSON now";
  for (const json& payload : {json(nullptr), json(5), json("text"), json::array({1, 2}), json{{"a", 1}}}) {
    const event e{"a.b", payload};
    EXPECT_EQ(event::restored(e.envelope().dump()).envelope(), e.envelope());
  }
}

TEST(Event, IsNotRestoredFromWhatIsNoEnvelope) {
  const auto good = event{"a.b", json{{"n", 1}}}.envelope();
  const auto refused = [](const std::string& text) {
    const auto why = failure_of([&] { event::restored(text); });
    EXPECT_TRUE(why && why->code() == ec::invalid_argument) << text.substr(0, 80);
  };
  ASSERT_FALSE(failure_of([&] { event::restored(good.dump()); }));
  for (const auto* text : {"", "null", "[]", "7", "{", "{}", "\"a.b\"", "{\"id\": \"\xff\"}"}) refused(text);
  for (const auto* member : {"id", "type", "source", "time", "data"}) {
    auto without = good;
    without.erase(member);
    refused(without.dump());
  }
  for (const auto* member : {"id", "type", "source", "time"})
    for (const json& wrong : {json(nullptr), json(1), json(""), json("not so"), json::object(), json::array()}) {
      if (std::string_view{member} == "source" && wrong.is_string()) continue;
      auto other = good;
      other[member] = wrong;
      refused(other.dump());
    }
  auto deep = good.dump();
  deep.insert(deep.find("1"), std::string(100'000, '['));
  refused(deep);
}

TEST(EventId, IsReadBackFromItsText) {
  for (int i = 0; i < 100; ++i) {
    auto text = event_id::next().to_string();
    ASSERT_TRUE(event_id::parse(text)) << text;
    EXPECT_EQ(event_id::parse(text)->to_string(), text);
    for (auto& c : text) c = static_cast<char>(std::toupper(c));
    EXPECT_TRUE(event_id::parse(text)) << text;
  }
  const std::string good = "01234567-89ab-8cde-bfed-cba987654321";
  EXPECT_EQ(event_id::parse(good)->to_string(), good);
  for (const auto* bad : {"", "01234567-89ab-8cde-bfed-cba98765432", "01234567-89ab-8cde-bfed-cba9876543210",
                          "01234567-89ab-4cde-bfed-cba987654321", "01234567-89ab-8cde-cfed-cba987654321",
                          "01234567-89ab-8cde-bfed_cba987654321", "0123456g-89ab-8cde-bfed-cba987654321"})
    EXPECT_FALSE(event_id::parse(bad)) << bad;
}

TEST(EventTypes, AreElevenDifferentOnes) {
  std::set<std::string_view> all(event_types::all.begin(), event_types::all.end());
  EXPECT_EQ(all.size(), 11U);
  for (const auto type : all) EXPECT_TRUE(is_event_type(type)) << type;
}

}  // namespace
}  // namespace streamspace
