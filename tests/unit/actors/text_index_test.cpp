#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <streamspace/actors/text_index.hpp>

namespace streamspace {
namespace {

TEST(SameText, HoldsForTheSameTextsOfAnyLengthAndNoOthers) {
  for (std::size_t length = 0; length < 70; ++length) {
    std::string text(length, 'x');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 26);
    EXPECT_TRUE(is_same_text(text, std::string{text}));
    EXPECT_FALSE(is_same_text(text, text + "x"));
    for (std::size_t i = 0; i < length; ++i) {
      auto other = text;
      other[i] = '!';
      EXPECT_FALSE(is_same_text(text, other)) << length << " at " << i;
    }
  }
}

TEST(TextIndex, NumbersTextsFromZeroOnAndFindsThemAgain) {
  text_index index;
  EXPECT_EQ(index.find(0, "a"), text_index::none);
  EXPECT_EQ(index.insert(0, "a"), 0U);
  EXPECT_EQ(index.insert(0, "b"), 1U);
  EXPECT_EQ(index.insert(0, "a"), 0U);
  EXPECT_EQ(index.size(), 2U);
  EXPECT_EQ(index.find(0, "b"), 1U);
  EXPECT_EQ(index.find(0, "c"), text_index::none);
}

TEST(TextIndex, KeepsScopesApart) {
  text_index index;
  EXPECT_EQ(index.insert(0, "a"), 0U);
  EXPECT_EQ(index.insert(1, "a"), 1U);
  EXPECT_EQ(index.find(0, "a"), 0U);
  EXPECT_EQ(index.find(1, "a"), 1U);
  EXPECT_EQ(index.find(2, "a"), text_index::none);
}

TEST(TextIndex, TellsTextsApartThatRunTogether) {
  text_index index;
  for (const auto* text : {"ab", "a", "b", "", "abb"}) index.insert(0, text);
  EXPECT_EQ(index.find(0, ""), 3U);
  EXPECT_EQ(index.find(0, "abb"), 4U);
  EXPECT_EQ(index.find(0, "bb"), text_index::none);
}

TEST(TextIndex, KnowsTextsOfAnyLength) {
  text_index index;
  std::vector<std::string> texts;
  for (const std::size_t length : {0, 1, 35, 36, 37, 64, 1'000})
    for (const char last : {'a', 'b'}) {
      texts.emplace_back(length, 'x');
      if (length > 0) texts.back().back() = last;
    }
  texts.erase(texts.begin());  // There is one empty text.
  for (std::uint32_t i = 0; i < texts.size(); ++i) EXPECT_EQ(index.insert(0, texts[i]), i);
  for (std::uint32_t i = 0; i < texts.size(); ++i) EXPECT_EQ(index.find(0, texts[i]), i) << texts[i];
  EXPECT_EQ(index.find(0, std::string(36, 'x')), text_index::none);
  EXPECT_EQ(index.find(0, std::string(1'000, 'x')), text_index::none);
}

TEST(TextIndex, ExpectsWhatItWillFind) {
  text_index index;
  EXPECT_EQ(index.expect(0, "a"), text_index::none);
  for (std::uint32_t i = 0; i < 1'000; ++i) index.insert(i % 3, std::to_string(i));
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    ASSERT_EQ(index.expect(i % 3, std::to_string(i)), i);
    ASSERT_EQ(index.expect((i + 1) % 3, std::to_string(i)), text_index::none);
  }
}

TEST(TextIndex, KeepsItsNumbersWhileItGrows) {
  text_index index;
  for (std::uint32_t i = 0; i < 10'000; ++i) ASSERT_EQ(index.insert(i % 7, std::to_string(i)), i);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(index.find(i % 7, std::to_string(i)), i);
    ASSERT_EQ(index.find((i + 1) % 7, std::to_string(i)), text_index::none);
  }
}

}  // namespace
}  // namespace streamspace
