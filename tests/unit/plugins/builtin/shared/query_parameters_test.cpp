#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/builtin/shared/query_parameters.hpp>

namespace streamspace::builtin {
namespace {

using streamspace::testing::failure_of;
using ::testing::HasSubstr;

request asking(name_values queries) {
  request rq;
  rq.queries = std::move(queries);
  return rq;
}

/// What the refusal says of a query whose parameter `n` is an integer from 1 to 10, `t` an instant, `w` a word and `s`
/// a text; empty when it is taken.
std::string refusal_of(name_values queries) {
  const auto rq = asking(std::move(queries));
  const auto failure = failure_of([&] {
    const query_parameters query{rq, {"n", "t", "w", "s"}};
    query.integer("n", 1, 10);
    query.instant("t");
    query.one_of("w", {"red", "blue"});
    query.text("s");
  });
  if (!failure) return {};
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  return failure->message();
}

TEST(QueryParameters, AreReadAsWhatTheyAre) {
  const auto rq = asking({{"n", "7"}, {"t", "2026-03-29T01:00:00+02:00"}, {"w", "red"}, {"s", "a b"}});
  const query_parameters query{rq, {"n", "t", "w", "s", "other"}};
  EXPECT_EQ(query.integer("n", 1, 10), 7);
  EXPECT_EQ(query.instant("t"), parse_rfc3339("2026-03-28T23:00:00Z"));
  EXPECT_EQ(query.one_of("w", {"red", "blue"}), "red");
  EXPECT_EQ(query.text("s"), "a b");
  EXPECT_EQ(query.text("other"), std::nullopt);
  EXPECT_EQ(query.integer("other", 1, 10), std::nullopt);
  EXPECT_EQ(query.instant("other"), std::nullopt);
}

TEST(QueryParameters, AreRefusedWithTheirNameAndWhatTheyMayBe) {
  EXPECT_EQ(refusal_of({{"n", "10"}, {"w", "blue"}}), "");
  EXPECT_THAT(refusal_of({{"color", "red"}}), HasSubstr("'color' is not known here; there are n, t, w, s"));
  EXPECT_THAT(refusal_of({{"n", "1"}, {"n", "1"}}), HasSubstr("'n' is given twice"));
  EXPECT_THAT(refusal_of({{"n", ""}}), HasSubstr("'n' is empty"));
  for (const auto* bad : {"0", "11", "-1", "1.5", "1e1", "0x1", "+1", " 1", "1 ", "ten", "99999999999999999999"})
    EXPECT_THAT(refusal_of({{"n", bad}}), HasSubstr("from 1 to 10")) << bad;
  EXPECT_THAT(refusal_of({{"t", "2026-03-29"}}), HasSubstr("RFC 3339"));
  EXPECT_THAT(refusal_of({{"w", "green"}}), HasSubstr("may be red, blue"));
  EXPECT_THAT(refusal_of({{"s", std::string(201, 'x')}}), HasSubstr("longer than 200"));
  EXPECT_THAT(refusal_of({{"s", "a\nb"}}), HasSubstr("control characters"));
}

}  // namespace
}  // namespace streamspace::builtin
