#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <gmock/gmock.h>

#include <streamspace/messages/caf/type_ids.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;

class MessageTypes : public ::testing::Test {
 protected:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::streamspace>();
      set("scheduler.max-threads", 1);
    }
  };

  template <class T>
  std::vector<char> bytes_of(T value) {
    std::vector<char> bytes;
    caf::binary_serializer out{system_, bytes};
    EXPECT_FALSE(out(value));
    return bytes;
  }

  template <class T>
  caf::error read(const std::vector<char>& bytes, T& into) {
    caf::binary_deserializer in{system_, bytes};
    return in(into);
  }

  template <class T>
  T round_trip(const T& value) {
    T back;
    const auto fault = read(bytes_of(value), back);
    EXPECT_FALSE(fault) << caf::to_string(fault);
    return back;
  }

  config config_;
  caf::actor_system system_{config_};
};

session full_session() {
  session s;
  s.id = "s1";
  s.user_id = "u1";
  s.team_id = "t1";
  s.template_name = "firefox \xc3\xa9";
  s.state = session_state::hibernated;
  s.app_type = "webapp";
  s.active_connections = 3;
  s.url = "https://example.org/s1";
  s.name_space = "streams";
  s.platform = "docker";
  s.pod_name = "pod-1";
  s.memory = "2Gi";
  s.cpu = "500m";
  s.persistent_home = true;
  s.idle_timeout = "30m";
  s.max_session_duration = "8h";
  s.created_at = *parse_rfc3339("2026-03-29T01:00:00.123456Z");
  s.updated_at = *parse_rfc3339("2026-03-29T02:00:00Z");
  s.last_connection = *parse_rfc3339("1969-12-31T23:59:59.999999Z");
  s.last_disconnect = s.updated_at;
  s.last_activity = s.created_at;
  return s;
}

user full_user() {
  user u;
  u.id = "u1";
  u.username = "ann";
  u.email = "ann@example.org";
  u.full_name = "Ann \"A.\" Example";
  u.role = "operator";
  u.provider = "saml";
  u.active = false;
  u.created_at = *parse_rfc3339("2026-03-29T01:00:00Z");
  u.updated_at = u.created_at;
  u.last_login = u.created_at;
  u.groups = {"a", "b"};
  u.quota = json{{"sessions", 5}, {"nested", {{"cpu", 1.5}}}};
  return u;
}

plugin_manifest full_manifest() {
  plugin_manifest m;
  m.name = "billing";
  m.version = "1.2.0";
  m.display_name = "Billing";
  m.description = "Counts";
  m.author = "Ann";
  m.homepage = "https://example.org";
  m.license = "MIT";
  m.type = "integration";
  m.category = "finance";
  m.tags = {"money"};
  m.requirements.minimum_version = "1.0.0";
  m.requirements.plugins = {"audit"};
  m.requirements.extra = {{"kubernetes", true}};
  m.entrypoints = {{"main", "billing.so"}};
  m.config_schema = {{"type", "object"}};
  m.default_config = {{"currency", "EUR"}};
  m.permissions = {"read:sessions"};
  m.dependencies = {{"audit", "^1.0"}};
  m.extra = {{"lifecycle", {{"x", 1}}}};
  return m;
}

TEST_F(MessageTypes, RoundTripASession) {
  EXPECT_EQ(round_trip(full_session()), full_session());
  session bare;
  bare.id = "s2";
  EXPECT_EQ(round_trip(bare), bare);
}

TEST_F(MessageTypes, RoundTripAUser) {
  EXPECT_EQ(round_trip(full_user()), full_user());
  user bare;
  bare.id = "u2";
  EXPECT_EQ(round_trip(bare), bare);
}

TEST_F(MessageTypes, RoundTripAManifest) {
  EXPECT_EQ(round_trip(full_manifest()), full_manifest());
  plugin_manifest bare;
  bare.name = "p";
  bare.version = "1.0.0";
  EXPECT_EQ(round_trip(bare), bare);
}

TEST_F(MessageTypes, RoundTripInsideOfMessagesWithTheirAtoms) {
  const auto sent = caf::make_message(atom::create_v, full_session(), full_user(), full_manifest());
  const auto got = round_trip(sent);
  ASSERT_TRUE((got.match_elements<atom::create, session, user, plugin_manifest>())) << caf::to_string(got);
  EXPECT_EQ(got.get_as<session>(1), full_session());
  EXPECT_EQ(got.get_as<user>(2), full_user());
  EXPECT_EQ(got.get_as<plugin_manifest>(3), full_manifest());
}

TEST_F(MessageTypes, TravelThroughAnActorAsCopies) {
  // A functor with an argument: without one, CAF's init_fun_factory dereferences a null pointer.
  auto echo = system_.spawn(
      [](caf::event_based_actor*, const session& expected) -> caf::behavior {
        return {[expected](const session& s) {
          EXPECT_EQ(s, expected);
          return s;
        }};
      },
      full_session());
  caf::scoped_actor self{system_};
  self->request(echo, std::chrono::seconds{30}, full_session())
      .receive([](const session& back) { EXPECT_EQ(back, full_session()); },
               [](const caf::error& e) { ADD_FAILURE() << caf::to_string(e); });
}

TEST_F(MessageTypes, AnswerAPayloadThatDoesNotReadBackWithAnError) {
  for (const auto* payload :
       {"", "no json", "{\"id\":\"s1\"", "[]", "null", "42", "{}", "{\"id\":7}", "{\"id\":\"s1\",\"state\":\"flying\"}",
        "{\"id\":\"s1\",\"created_at\":\"yesterday\"}", "\xff\xfe"}) {
    session target = full_session();
    const auto fault = read(bytes_of(std::string{payload}), target);
    ASSERT_TRUE(fault) << payload;
    EXPECT_EQ(from_caf(fault).code(), ec::invalid_argument) << payload;
    EXPECT_EQ(target, full_session()) << "nothing half read is left behind";
  }
  user someone;
  EXPECT_TRUE(read(bytes_of(std::string{"{\"id\":[]}"}), someone));
  plugin_manifest manifest;
  EXPECT_TRUE(read(bytes_of(std::string{"{\"name\":\"p\"}"}), manifest));
}

TEST_F(MessageTypes, AnswerBytesThatEndTooSoonWithAnError) {
  auto bytes = bytes_of(full_session());
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    session target;
    const std::vector<char> cut{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept)};
    EXPECT_TRUE(read(cut, target)) << kept;
  }
}

TEST_F(MessageTypes, SurviveAPayloadNestedWithoutEnd) {
  session target;
  EXPECT_TRUE(read(bytes_of(std::string(200'000, '[')), target));
}

TEST_F(MessageTypes, MendTextThatIsNotUtf8RatherThanThrow) {
  auto s = full_session();
  s.template_name = "raw \xff";
  EXPECT_THAT(round_trip(s).template_name, HasSubstr("raw "));
}

}  // namespace
}  // namespace streamspace
