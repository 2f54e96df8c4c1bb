#include <gtest/gtest.h>

#include <streamspace/http/target.hpp>
#include <streamspace/plugins/testing/relative_target.hpp>

namespace streamspace::testing {
namespace {

/// The server's own reader says what is right.
TEST(RelativeTarget, IsReadAsTheServerReadsIt) {
  for (const auto* text : {"/",
                           "/a",
                           "/a/",
                           "/a/b?x=1",
                           "/a%20b/%C3%BC",
                           "/a+b?c+d=e+f&&g&h=",
                           "/?x=a%26b=c&x=2",
                           "/a?",
                           "/...",
                           "",
                           "a",
                           "?x",
                           "//",
                           "/a//b",
                           "/a//",
                           "/.",
                           "/a/..",
                           "/%2e%2E/b",
                           "/a%2fb",
                           "/a%5Cb",
                           "/a%",
                           "/a%2",
                           "/a%zz",
                           "/a%+1",
                           "/a?b=%",
                           "/a?%g1=b"}) {
    const auto right = parse_target(text);
    const auto read = read_relative_target(text);
    ASSERT_EQ(read.has_value(), right.has_value()) << text;
    if (right) {
      EXPECT_EQ(read->path, right->path) << text;
      EXPECT_EQ(read->queries, right->queries) << text;
    } else {
      EXPECT_EQ(read.error().code(), ec::invalid_argument) << text;
    }
  }
}

}  // namespace
}  // namespace streamspace::testing
