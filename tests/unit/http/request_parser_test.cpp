#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/request_parser.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const http_limits limits;

/// Feeds all of it, `step` bytes at a time; answers how many bytes the request took.
std::size_t feed_all(request_parser& parser, std::string_view stream, std::size_t step = SIZE_MAX) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < stream.size() && !parser.complete() && !parser.refused(); at = used) {
    const auto piece = stream.substr(at, step);
    const auto took = parser.feed(piece);
    used += took;
    if (took < piece.size() && !parser.complete() && !parser.refused())
      ADD_FAILURE() << "left bytes without being done";
  }
  return used;
}

int status_of(std::string_view stream) {
  int status = -1;
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}}) {
    request_parser parser{limits};
    feed_all(parser, stream, step);
    const int now = parser.refused() ? parser.refused()->status : 0;
    EXPECT_TRUE(status == -1 || status == now) << "the status depends on how the stream is cut: " << stream;
    status = now;
  }
  return status;
}

TEST(RequestParser, ReadsARequestHoweverTheStreamIsCut) {
  const std::string stream = "POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A:  v \r\n\r\nhelloGET";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    request_parser parser{limits};
    EXPECT_EQ(feed_all(parser, stream, step), stream.size() - 3);
    ASSERT_TRUE(parser.complete());
    EXPECT_TRUE(parser.keep_alive());
    const auto rq = parser.take();
    EXPECT_EQ(rq.method, "POST");
    EXPECT_EQ(rq.path, "/a b");
    EXPECT_THAT(rq.queries, ElementsAre(Pair("x", "1")));
    EXPECT_THAT(rq.headers, ElementsAre(Pair("Host", "h"), Pair("Content-Length", "5"), Pair("X-A", "v")));
    EXPECT_EQ(rq.body, "hello");
  }
}

TEST(RequestParser, ReadsChunksHoweverTheStreamIsCut) {
  const std::string stream =
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;a=b\r\nhello\r\n1\r\n \r\n00A\r\n0123456789\r\n0\r\nTrailer-Field: dropped\r\n\r\nGET";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    request_parser parser{limits};
    EXPECT_EQ(feed_all(parser, stream, step), stream.size() - 3) << step;
    ASSERT_TRUE(parser.complete()) << step;
    const auto rq = parser.take();
    EXPECT_EQ(rq.body, "hello 0123456789");
    EXPECT_EQ(rq.header("trailer-field"), "");
  }
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyHoweverTheStreamIsCut) {
  const std::string stream = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    request_parser parser{limits};
    EXPECT_EQ(feed_all(parser, stream, step), stream.size() - 3) << step;
    ASSERT_TRUE(parser.complete()) << step;
    EXPECT_EQ(parser.take().body, "");
  }
}

TEST(RequestParser, ReadsOneRequestAfterTheOther) {
  const std::string one = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string two = "\r\nGET /2 HTTP/1.0\r\n\r\n";
  request_parser parser{limits};
  EXPECT_EQ(parser.feed(one + two), one.size());
  EXPECT_EQ(parser.take().path, "/1");
  parser.reset();
  EXPECT_EQ(parser.feed(two), two.size());
  ASSERT_TRUE(parser.complete());
  EXPECT_TRUE(parser.is_http_1_0());
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_EQ(parser.take().path, "/2");
}

TEST(RequestParser, KnowsWhetherTheConnectionGoesOn) {
  const auto keeps = [](std::string_view stream) {
    request_parser parser{limits};
    feed_all(parser, stream);
    EXPECT_TRUE(parser.complete()) << stream;
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, SaysWhenTheClientWaitsForAContinue) {
  request_parser parser{limits};
  parser.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(parser.expects_continue());
  parser.feed("a");
  EXPECT_FALSE(parser.expects_continue());
  parser.feed("b");
  EXPECT_TRUE(parser.complete());

  request_parser eager{limits};
  eager.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_TRUE(eager.complete());
  EXPECT_FALSE(eager.expects_continue());

  request_parser old{limits};
  old.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(old.expects_continue()) << "RFC 9110, section 10.1.1";
}

struct refused_case {
  int status;
  std::string_view stream;
};

TEST(RequestParser, RefusesSmugglingShapes) {
  for (const auto& c : std::vector<refused_case>{
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"},
           {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n"},
           {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
           {400, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
           {400, "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\r\nNo Colon\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\r\n: v\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: v\r\n\r\n"},
       })
    EXPECT_EQ(status_of(c.stream), c.status) << c.stream;
}

TEST(RequestParser, RefusesBadRequestLines) {
  for (const auto& c : std::vector<refused_case>{
           {501, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"},
           {501, "CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n"},
           {501, "get / HTTP/1.1\r\nHost: h\r\n\r\n"},
           {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
           {505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"},
           {505, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"},
           {505, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
           {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
           {400, "GET /\r\n\r\n"},
           {400, "GET\r\n\r\n"},
           {400, "/ HTTP/1.1\r\nHost: h\r\n\r\n"},
           {400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
           {400, "GET /../a HTTP/1.1\r\nHost: h\r\n\r\n"},
           {400, "GET /%2f HTTP/1.1\r\nHost: h\r\n\r\n"},
           {417, "POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n"},
       })
    EXPECT_EQ(status_of(c.stream), c.status) << c.stream;
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
  EXPECT_EQ(status_of("GET http://H:80/x HTTP/1.1\r\nHost: h:80\r\n\r\n"), 0);
}

TEST(RequestParser, RefusesBadChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string_view body :
       {"g\r\n", "-1\r\n", " 1\r\na\r\n", "0x1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n0\r\n\r\n",
        "ffffffffffffffffff\r\n", "1;\r\na\r\n", "1\rx\r\n", "\r\n\r\n"})
    EXPECT_EQ(status_of(head + std::string{body} + "\r\n\r\n"), 400) << body;
}

TEST(RequestParser, RefusesBodiesOverTheLimit) {
  http_limits small;
  small.body_bytes = 10;
  const auto status = [&](std::string_view stream) {
    request_parser parser{small};
    feed_all(parser, stream);
    return parser.refused() ? parser.refused()->status : 0;
  };
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"), 0);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), 413);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status(head + "a\r\n0123456789\r\n0\r\n\r\n"), 0);
  EXPECT_EQ(status(head + "b\r\n0123456789"), 413);
  EXPECT_EQ(status(head + "6\r\n012345\r\n5\r\n"), 413);
}

TEST(RequestParser, BoundsChunkHeadersAndFraming) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status_of(head + "1;" + std::string(8 * 1024, 'x')), 400);
  EXPECT_EQ(status_of(head + "0\r\nT: " + std::string(8 * 1024, 'x')), 400);
  http_limits small;
  small.body_bytes = 1000;
  request_parser parser{small};
  std::string body;
  for (int i = 0; i < 20; ++i) body += "1;" + std::string(1000, 'x') + "\r\na\r\n";
  feed_all(parser, head + body);
  ASSERT_TRUE(parser.refused());
  EXPECT_EQ(parser.refused()->status, 413);
}

TEST(RequestParser, SurvivesNoise) {
  std::mt19937 random{7};
  const std::string good =
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: "
      "keep-alive\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const std::string alphabet = "\r\n\t :;,/%?&=#0159afGET HTTP/1.\x80\xff\x01\x7f";
  for (int round = 0; round < 20'000; ++round) {
    auto stream = good;
    for (int k = 1 + static_cast<int>(random() % 3); k > 0; --k) {
      const auto at = random() % stream.size();
      switch (random() % 3) {
        case 0:
          stream[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          stream.erase(at, 1 + random() % 4);
          break;
        default:
          stream.insert(at, 1 + random() % 3, alphabet[random() % alphabet.size()]);
          break;
      }
    }
    stream += "!!!!!!!!";  // A fault in a chunk shows once the next five bytes are there.
    request_parser whole{limits}, bytewise{limits};
    const auto a = feed_all(whole, stream);
    const auto b = feed_all(bytewise, stream, 1);
    ASSERT_EQ(whole.complete(), bytewise.complete()) << stream;
    ASSERT_EQ(whole.refused().has_value(), bytewise.refused().has_value()) << stream;
    if (whole.refused()) {
      ASSERT_EQ(whole.refused()->status, bytewise.refused()->status) << stream;
    } else {
      ASSERT_EQ(a, b) << stream;
      if (!whole.complete()) continue;
      ASSERT_EQ(whole.take().body, bytewise.take().body) << stream;
    }
  }
}

}  // namespace
}  // namespace streamspace
