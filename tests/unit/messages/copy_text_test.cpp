#include <gmock/gmock.h>

#include <streamspace/messages/copy_text.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using cell = std::optional<std::string>;

std::vector<cell> cells_of(const sql_table& table) {
  std::vector<cell> all;
  for (std::size_t i = 0; i < table.rows * table.columns.size(); ++i) all.emplace_back(table.cell(i));
  return all;
}

std::string row(const sql_params& cells) {
  std::string text;
  append_copy_row(text, cells);
  return text;
}

TEST(CopyText, WritesCellsAsTheServerReadsThem) {
  EXPECT_EQ(row({1, "two", 2.5, true, nullptr}), "1\ttwo\t2.5\tt\t\\N\n");
  EXPECT_EQ(row({"", "\\N", "\\.", "a\tb\nc\rd\\"}), "\t\\\\N\t\\\\.\ta\\tb\\nc\\rd\\\\\n");
  EXPECT_EQ(row({}), "\n");
}

TEST(CopyText, WritesRowsOneAfterTheOther) {
  std::string text;
  append_copy_row(text, {1});
  append_copy_row(text, {nullptr});
  EXPECT_EQ(text, "1\n\\N\n");
}

TEST(CopyText, ReadsWhatIsNullEmptyAndQuoted) {
  const auto table = read_copied_rows("1,\"\",\n\"a\"\"b\",\"c,d\",\"e\nf\"\n", {"x", "y", "z"});
  EXPECT_EQ(table.rows, 2U);
  EXPECT_EQ(table.affected, 2U);
  EXPECT_THAT(table.columns, ElementsAre("x", "y", "z"));
  EXPECT_THAT(cells_of(table), ElementsAre(cell{"1"}, cell{""}, cell{}, cell{"a\"b"}, cell{"c,d"}, cell{"e\nf"}));
}

TEST(CopyText, ReadsRowsOfOneColumnAndOfNone) {
  const auto one = read_copied_rows("\n\"\"\n\"\\.\"\n", {"x"});
  EXPECT_THAT(cells_of(one), ElementsAre(cell{}, cell{""}, cell{"\\."}));
  const auto none = read_copied_rows("\n\n", {});
  EXPECT_EQ(none.rows, 2U);
  EXPECT_THAT(cells_of(none), IsEmpty());
  EXPECT_EQ(read_copied_rows("", {"x"}).rows, 0U);
}

TEST(CopyText, ReadsTheHeader) {
  EXPECT_THAT(read_copied_header("a,\"b,c\",?column?\n"), ElementsAre("a", "b,c", "?column?"));
  EXPECT_THAT(read_copied_header("\n"), IsEmpty());
}

TEST(CopyText, RefusesWhatIsNoCsvOfTheseColumns) {
  for (const auto* bad : {"1", "1,2\n", "\"1\n", "\"1\"2\n", ","}) {
    try {
      read_copied_rows(bad, {"x"});
      ADD_FAILURE() << bad;
    } catch (const error& e) {
      EXPECT_EQ(e.code(), ec::internal) << bad;
    }
  }
}

}  // namespace
}  // namespace streamspace
