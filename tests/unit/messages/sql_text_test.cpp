#include <gtest/gtest.h>

#include <streamspace/messages/sql_text.hpp>

namespace streamspace {
namespace {

using namespace std::string_literals;

TEST(SqlText, TakesEveryWellFormedText) {
  for (const auto& text :
       {""s, "plain ascii of more than eight bytes"s, "gr\xC3\xBC\xC3\x9F"s, "\xE2\x82\xAC"s, "\xEF\xBF\xBF"s,
        "\xF0\x9F\x98\x80"s, "\xF4\x8F\xBF\xBF"s, "\xED\x9F\xBF"s, "\x7F\x01\x1F tail of some length"s})
    EXPECT_EQ(why_not_sql_text(text), std::nullopt) << text;
}

TEST(SqlText, RefusesANulByteAndSaysWhere) {
  EXPECT_EQ(why_not_sql_text("ab\0c"s), "has a NUL byte at offset 2");
  EXPECT_EQ(why_not_sql_text("12345678abcdefg\0"s), "has a NUL byte at offset 15");
}

TEST(SqlText, RefusesWhatRfc3629DoesNotAllow) {
  for (const auto& text : {"\x80"s, "\xC3"s, "\xC0\xAF"s, "\xC1\x81"s, "\xE0\x80\xAF"s, "\xE0\x9F\xBF"s,
                           "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xE2\x82"s, "\xF0\x8F\xBF\xBF"s, "\xF4\x90\x80\x80"s,
                           "\xF5\x80\x80\x80"s, "\xF0\x9F\x98"s, "\xFF"s, "\xC3\x28"s})
    EXPECT_EQ(why_not_sql_text("12345678" + text), "is not UTF-8 at offset 8") << testing::PrintToString(text);
}

TEST(SqlText, QuotesIdentifiers) {
  EXPECT_EQ(quote_identifier("users"), R"("users")");
  EXPECT_EQ(quote_identifier(R"(a"b; DROP)"), R"("a""b; DROP")");
}

}  // namespace
}  // namespace streamspace
