#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/database_url.hpp>

namespace streamspace {
namespace {

std::string refusal_of(const std::string& text) {
  try {
    database_url::parse(text);
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::invalid_argument);
    return e.message();
  }
  return {};
}

TEST(DatabaseUrl, ReadsTheUrlForm) {
  const auto url = database_url::parse("postgresql://ann:s%40cret@db.example:5433/shop?sslmode=require");
  EXPECT_EQ(url.host(), "db.example");
  EXPECT_EQ(url.port(), "5433");
  EXPECT_EQ(url.database(), "shop");
  EXPECT_EQ(url.user(), "ann");
  EXPECT_EQ(url.option("sslmode"), "require");
  EXPECT_TRUE(url.has_password());
  EXPECT_FALSE(url.is_local_socket());
}

TEST(DatabaseUrl, ReadsTheNameValueForm) {
  const auto url = database_url::parse("host=db.example user=ann password='two words' dbname=shop");
  EXPECT_EQ(url.host(), "db.example");
  EXPECT_EQ(url.option("password"), "two words");
  EXPECT_EQ(url.port(), "");
}

TEST(DatabaseUrl, KnowsAUnixSocket) {
  EXPECT_TRUE(database_url::parse("postgresql:///shop?host=/run/postgresql").is_local_socket());
  EXPECT_TRUE(database_url::parse("dbname=shop").is_local_socket());
  EXPECT_FALSE(database_url::parse("dbname=shop hostaddr=127.0.0.1").is_local_socket());
}

TEST(DatabaseUrl, ShowsItselfWithoutThePassword) {
  EXPECT_EQ(database_url::parse("postgresql://ann:s%40cret@db.example:5433/shop?sslmode=require").redacted(),
            "postgresql://ann:***@db.example:5433/shop?sslmode=require");
  EXPECT_EQ(database_url::parse("host=db.example user=ann password=hidden dbname=shop").redacted(),
            "postgresql://ann:***@db.example/shop");
  EXPECT_EQ(database_url::parse("postgresql:///shop?host=/run/my%20db&user=ann&password=hidden").redacted(),
            "postgresql:///shop?user=ann&password=***&host=/run/my%20db");
  EXPECT_EQ(database_url::parse("postgresql://a:p@one:1,two:2/shop").redacted().find(":p@"), std::string::npos);
}

TEST(DatabaseUrl, RedactedFormMeansTheSameButForTheSecret) {
  const auto url = database_url::parse("postgresql://an%2Fn:secret@[::1]:5433/sh%20op?application_name=a%26b");
  const auto again = database_url::parse(url.redacted());
  EXPECT_EQ(again.host(), "::1");
  EXPECT_EQ(again.user(), "an/n");
  EXPECT_EQ(again.database(), "sh op");
  EXPECT_EQ(again.option("application_name"), "a&b");
  EXPECT_EQ(again.option("password"), "***");
}

TEST(DatabaseUrl, SaysWhatIsWrongWithoutQuotingThePassword) {
  for (const std::string text : {"", "   ", "mysql://ann:geheim@db/shop", "postgresql://ann:geheim%zz@db/shop",
                                 "host=db password=my geheim user=ann", "postgresql://ann:geheim@[::1/shop",
                                 "postgresql://ann:geheim@db:x y/shop?=geheim"}) {
    const auto message = refusal_of(text);
    EXPECT_NE(message, "") << text;
    EXPECT_EQ(message.find("geheim"), std::string::npos) << message;
  }
  EXPECT_NE(refusal_of("postgresql://db/shop?sslmood=require").find("sslmood"), std::string::npos);
  EXPECT_NE(refusal_of("hots=db").find("hots"), std::string::npos);
}

TEST(DatabaseUrl, ChangesAnOptionAndWritesAllOfThemForLibpq) {
  const auto url = database_url::parse("postgresql://ann:geheim@db:5433/shop?sslmode=require");
  const auto changed = url.with("user", R"(o'neil \ co)").with("password", "").with("dbname", "a b=c");
  EXPECT_EQ(url.user(), "ann");
  const auto again = database_url::parse(changed.text());
  EXPECT_EQ(again.user(), R"(o'neil \ co)");
  EXPECT_FALSE(again.has_password());
  EXPECT_EQ(again.database(), "a b=c");
  EXPECT_EQ(again.host(), "db");
  EXPECT_EQ(again.port(), "5433");
  EXPECT_EQ(again.option("sslmode"), "require");
}

TEST(DatabaseUrl, DescribesADatabase) {
  EXPECT_EQ(describe_database("db", "5432", "shop", "ann"), "database 'shop' as user 'ann' at db:5432");
  EXPECT_EQ(describe_database("/run/pg", "5432", "shop", ""), "database 'shop' on the socket in /run/pg, port 5432");
  EXPECT_EQ(describe_database("", "", "shop", ""), "database 'shop'");
}

}  // namespace
}  // namespace streamspace
