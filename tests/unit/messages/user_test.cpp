#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/event.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

const auto instant = parse_rfc3339("2026-03-29T01:02:03.5Z").value();

user a_full_user() {
  user u;
  u.id = "u1";
  u.username = "ann";
  u.email = "ann@example.com";
  u.full_name = "Ann Example";
  u.role = "admin";
  u.provider = "oidc";
  u.active = false;
  u.created_at = u.updated_at = instant;
  u.last_login = instant;
  u.groups = {"a", "b"};
  u.quota = json{{"sessions", 5}};
  return u;
}

std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(User, HasExactlyTheMemberNamesOfTheOriginal) {
  EXPECT_THAT(names_of(json(a_full_user())),
              ::testing::UnorderedElementsAre("id", "username", "email", "fullName", "role", "provider", "active",
                                              "createdAt", "updatedAt", "lastLogin", "groups", "quota"));
  EXPECT_THAT(names_of(json(user{})), ::testing::UnorderedElementsAre("id", "username", "email", "fullName", "role",
                                                                      "provider", "active", "createdAt", "updatedAt"));
}

TEST(User, GoesToJsonAndBack) {
  EXPECT_EQ(json(a_full_user()).get<user>(), a_full_user());
  const auto plain = json{{"id", "u2"}}.get<user>();
  EXPECT_EQ(plain.role, "user");
  EXPECT_TRUE(plain.active);
  EXPECT_EQ(json(plain).get<user>(), plain);
}

TEST(User, NamesTheMemberThatIsWrong) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, json>>{{"id", 7},
                                                                             {"username", true},
                                                                             {"active", "yes"},
                                                                             {"groups", "a"},
                                                                             {"groups", {1}},
                                                                             {"lastLogin", "never"}}) {
    json in{{"id", "u1"}};
    in[name] = value;
    const auto failure = failure_of([&] { in.get<user>(); });
    ASSERT_TRUE(failure) << name;
    EXPECT_EQ(failure->fact("member"), name);
  }
  EXPECT_TRUE(failure_of([] { json::object().get<user>(); }));
}

TEST(UserEvents, CarryACopyUnderTheirType) {
  const auto u = a_full_user();
  const std::vector<std::pair<event, std::string_view>> events{{u.created(), "user.created"},
                                                               {u.updated(), "user.updated"},
                                                               {u.deleted(), "user.deleted"},
                                                               {u.login(), "user.login"},
                                                               {u.logout(), "user.logout"}};
  for (const auto& [e, type] : events) {
    EXPECT_EQ(e.type(), type);
    ASSERT_NE(e.get_if<user>(), nullptr);
    EXPECT_EQ(*e.get_if<user>(), u);
  }
}

}  // namespace
}  // namespace streamspace
