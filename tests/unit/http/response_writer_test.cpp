#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/response_writer.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string head_of(const response& answer,
                    answer_frame::connection then = answer_frame::connection::as_version_has_it) {
  std::string out;
  write_head(answer, {"Sun, 06 Nov 1994 08:49:37 GMT", "id-1", then}, out);
  return out;
}

TEST(ResponseWriter, WritesWhatTheServerOwes) {
  EXPECT_EQ(head_of(response::text("hello")),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 5\r\nX-Request-Id: id-1\r\nX-Content-Type-Options: nosniff\r\n\r\n");
  EXPECT_THAT(head_of(response::text("x"), answer_frame::connection::close), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head_of(response::text("x"), answer_frame::connection::keep_alive),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(ResponseWriter, GivesNoLengthToStatusesWithoutABody) {
  EXPECT_THAT(head_of(response::no_content()), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head_of(response{304}), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head_of(response{200}), HasSubstr("Content-Length: 0\r\n"));
}

TEST(ResponseWriter, KeepsFramingFieldsToItself) {
  auto answer = response::text("x");
  answer.header("content-length", "7")
      .header("Transfer-Encoding", "chunked")
      .header("DATE", "now")
      .header("Connection", "upgrade");
  const auto head = head_of(answer);
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
  EXPECT_THAT(head, Not(HasSubstr(": 7")));
  EXPECT_THAT(head, Not(HasSubstr("now")));
  EXPECT_THAT(head, Not(HasSubstr("upgrade")));
}

TEST(ResponseWriter, RefusesAnswersThatBreakOutOfTheirLine) {
  EXPECT_EQ(why_not_sendable(response::text("fine\r\n\r\nbody")), "");
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nSet-Cookie: b"},
                                                                                    {"X", "a\nb"},
                                                                                    {"X", std::string("a\0b", 3)},
                                                                                    {"X\r\nY", "a"},
                                                                                    {"X Y", "a"},
                                                                                    {"", "a"},
                                                                                    {"X:", "a"}}) {
    response answer;
    answer.headers.emplace_back(name, value);
    EXPECT_NE(why_not_sendable(answer), "") << name << ": " << value;
  }
  for (const int status : {0, 100, 101, 199, 600, -1}) EXPECT_NE(why_not_sendable(response{status}), "") << status;
}

TEST(ResponseWriter, WritesDatesAsRfc9110Has) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(ResponseWriter, TakesOnlySaneRequestIds) {
  const auto id_for = [](std::string given) {
    request rq;
    rq.headers.emplace_back("X-REQUEST-ID", std::move(given));
    return request_id_of(rq);
  };
  EXPECT_EQ(id_for("abc-1_2.3"), "abc-1_2.3");
  EXPECT_EQ(id_for("a b").size(), 36U);
  EXPECT_EQ(id_for("<script>").size(), 36U);
  EXPECT_EQ(id_for(std::string(129, 'a')).size(), 36U);
  EXPECT_EQ(request_id_of(request{}).size(), 36U);
  EXPECT_NE(request_id_of(request{}), request_id_of(request{}));
}

}  // namespace
}  // namespace streamspace
