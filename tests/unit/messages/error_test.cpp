#include <set>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace {
namespace {

template <class Thrown>
exception_text text_of(Thrown thrown) {
  try {
    throw thrown;
  } catch (...) {
    return describe_current_exception();
  }
}

TEST(Error, CarriesACodeAMessageAndFacts) {
  const error e{ec::not_found, "there is no session 's1'", {{"session", "s1"}}};
  EXPECT_EQ(e.code(), ec::not_found);
  EXPECT_STREQ(e.what(), "there is no session 's1'");
  EXPECT_EQ(e.fact("session"), "s1");
  EXPECT_EQ(e.fact("user"), "");
  EXPECT_EQ(e, (error{ec::not_found, "there is no session 's1'", {{"session", "s1"}}}));
  EXPECT_FALSE(e == (error{ec::not_found, "there is no session 's1'"}));
}

TEST(Error, HasADifferentNameForEachCode) {
  std::set<std::string_view> names;
  for (int code = 1; code <= static_cast<int>(ec::quota_exceeded); ++code)
    names.insert(to_string(static_cast<ec>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ec::quota_exceeded));
}

TEST(Error, IsRaisedAsTheClassThatSaysMost) {
  const error refused{ec::database_error, "refused", {{"sqlstate", "23505"}, {"constraint", "users_username_key"}}};
  try {
    raise(refused);
  } catch (const database_error& e) {
    EXPECT_EQ(e.sqlstate(), "23505");
    EXPECT_EQ(e.constraint(), "users_username_key");
  }
  EXPECT_THROW(raise(error{ec::timeout, "late"}), error);
}

TEST(Result, IsAValueOrTheErrorThrown) {
  EXPECT_EQ(value_or_raise(result<int>{5}), 5);
  EXPECT_NO_THROW(value_or_raise(result<void>{}));
  const auto thrown = testing::failure_of([] { value_or_raise(result<int>{failure(ec::conflict, "not now")}); });
  ASSERT_TRUE(thrown);
  EXPECT_EQ(thrown->code(), ec::conflict);
}

TEST(DescribeCurrentException, SaysTypeAndText) {
  EXPECT_EQ(text_of(std::runtime_error{"why"}).type, "std::runtime_error");
  EXPECT_EQ(text_of(std::runtime_error{"why"}).what, "why");
  EXPECT_EQ(text_of(std::string{"why"}).what, "why");
  EXPECT_EQ(text_of(static_cast<const char*>("why")).what, "why");
  EXPECT_EQ(text_of(static_cast<const char*>(nullptr)).what, "");
  EXPECT_EQ(text_of(42).type, "int");
  EXPECT_EQ(text_of(42).what, "an exception of type int");
  EXPECT_EQ(text_of(error{ec::timeout, "late"}).type, "streamspace::error");
}

}  // namespace
}  // namespace streamspace
