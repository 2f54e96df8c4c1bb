#include <gmock/gmock.h>

#include <streamspace/messages/log_record.hpp>

namespace streamspace {
namespace {

const auto instant = parse_rfc3339("2026-03-29T01:02:03.5Z").value();

TEST(LogRecord, IsOneLineOfJsonInReadingOrder) {
  EXPECT_EQ(
      to_json_line({"slack", log_level::warn, "late", json{{"ms", 5}}, instant}),
      R"({"plugin":"slack","level":"WARN","message":"late","data":{"ms":5},"timestamp":"2026-03-29T01:02:03.500000Z"})");
}

TEST(LogRecord, LeavesOutDataThatIsEmpty) {
  for (const json& data : {json(nullptr), json::object()})
    EXPECT_EQ(to_json_line({"slack", log_level::info, "hi", data, instant}),
              R"({"plugin":"slack","level":"INFO","message":"hi","timestamp":"2026-03-29T01:02:03.500000Z"})");
}

// The original put a prefix before the JSON, so its lines were not JSON lines.
TEST(LogRecord, StaysOneLineOfJsonWhateverTheText) {
  const std::string hostile{"a\nb\r\t\"\\\0\x1b[31m\xff\xE2\x80\xA8", 18};
  const auto line = to_json_line({hostile, log_level::error, hostile, json{{hostile, hostile}}, instant});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.front(), '{');
  const auto read = json::parse(line, nullptr, false);
  ASSERT_TRUE(read.is_object());
  EXPECT_THAT(read["message"].get<std::string>(), ::testing::StartsWith("a\nb\r\t\"\\"));
}

TEST(LogLevel, IsReadWhateverItsCase) {
  for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error, log_level::fatal})
    EXPECT_EQ(parse_log_level(to_string(level)), level);
  EXPECT_EQ(parse_log_level("warn"), log_level::warn);
  EXPECT_EQ(parse_log_level("Warn"), log_level::warn);
  for (const auto* text : {"", "warning", "WAR", "INFO "}) EXPECT_EQ(parse_log_level(text), std::nullopt) << text;
}

TEST(LogRecord, EscapesControlCharactersThatJsonLeavesAlone) {
  const std::string message =
      "del \x7f csi \u009b31m turned \u202e isolated \u2066 line \u2028 kept \u00e9 \u2022 \U0001f600";
  const auto line = to_json_line({"p", log_level::info, message, {{"\x7f", "\u0085"}}, {}});
  for (const auto* raw : {"\x7f", "\u009b", "\u202e", "\u2066", "\u2028", "\u0085"})
    EXPECT_EQ(line.find(raw), std::string::npos) << line;
  EXPECT_NE(line.find("\u00e9 \u2022 \U0001f600"), std::string::npos) << line;
  EXPECT_EQ(json::parse(line)["message"], message);
}

}  // namespace
}  // namespace streamspace
