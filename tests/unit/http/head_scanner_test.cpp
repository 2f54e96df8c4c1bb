#include <gtest/gtest.h>

#include <streamspace/http/head_scanner.hpp>

namespace streamspace {
namespace {

const http_limits limits;

int status_of(std::string_view bytes, const http_limits& l = limits) {
  head_scanner scanner{l};
  scanner.scan(bytes);
  return scanner.refused() ? scanner.refused()->status : 0;
}

TEST(HeadScanner, FindsTheEndHoweverTheStreamIsCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\ty\r\n\r\n";
  const std::string stream = head + "body\nwith\x01 anything";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    head_scanner scanner{limits};
    std::size_t used = 0;
    for (std::size_t at = 0; at < stream.size() && !scanner.complete(); at += step) {
      const auto piece = std::string_view{stream}.substr(at, step);
      used += scanner.scan(piece);
    }
    EXPECT_TRUE(scanner.complete());
    EXPECT_FALSE(scanner.refused());
    EXPECT_EQ(used, head.size());
  }
}

TEST(HeadScanner, ToleratesOneEmptyLineInFront) {
  head_scanner scanner{limits};
  EXPECT_EQ(scanner.scan("\r\nGET / HTTP/1.1\r\n\r\n"), 20U);
  EXPECT_TRUE(scanner.complete());
  EXPECT_EQ(scanner.leading_bytes(), 2U);
  EXPECT_EQ(status_of("\r\n\r\n"), 400);
}

TEST(HeadScanner, RefusesAmbiguousBytesAtOnce) {
  for (const std::string_view bytes :
       {std::string_view{"GET / HTTP/1.1\n"}, std::string_view{"GET / HTTP/1.1\r\nA: b\n"},
        std::string_view{"GET / HTTP/1.1\rX"}, std::string_view{"GET / HTTP/1.1\r\nA: b\rc"},
        std::string_view{"GET / HTTP/1.1\r\nA: b\r\n c"}, std::string_view{"GET / HTTP/1.1\r\n folded"},
        std::string_view{"GET / HTTP/1.1\r\nA: b\r\n\tc"}, std::string_view{"GET / HTTP/1.1\r\nA: \0", 20},
        std::string_view{"GET / HTTP/1.1\r\nA: \x7f"}, std::string_view{"GET /\tHTTP/1.1"},
        std::string_view{"GET /\xc3\xa9"}, std::string_view{" GET"}, std::string_view{"\x16\x03\x01"}})
    EXPECT_EQ(status_of(bytes), 400) << bytes;
}

TEST(HeadScanner, RefusesWhatIsOverTheLimits) {
  EXPECT_EQ(status_of("GET /" + std::string(8 * 1024 - 1, 'a') + " HTTP/1.1\r\n"), 0);
  EXPECT_EQ(status_of("OPTIONS /" + std::string(9 * 1024, 'a')), 414);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: " + std::string(16 * 1024, 'a')), 431);
  std::string fields = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(fields + "\r\n"), 0);
  EXPECT_EQ(status_of(fields + "A: b\r\n"), 431);
}

TEST(HeadScanner, TakesAHeaderOfExactlyTheLimitsSize) {
  http_limits small;
  small.header_bytes = 64;
  const std::string start = "GET / HTTP/1.1\r\nA: ";
  const auto head = start + std::string(64 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(head.size(), 64U);
  EXPECT_EQ(status_of(head, small), 0);
  EXPECT_EQ(status_of(start + std::string(64 - start.size() - 3, 'x') + "\r\n\r\n", small), 431);
}

}  // namespace
}  // namespace streamspace
