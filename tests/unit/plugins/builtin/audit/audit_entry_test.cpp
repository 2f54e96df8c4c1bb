#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/audit/audit_entry.hpp>

namespace streamspace::builtin {
namespace {

/// "user/session" of an event, "-" for none.
std::string whom(const event& e) {
  const auto entry = make_audit_entry(e);
  return entry.user.value_or("-") + "/" + entry.session.value_or("-");
}

TEST(AuditEntry, NamesTheUserAndTheSession) {
  session s;
  s.id = "s1";
  s.user_id = "ann";
  user u;
  u.id = "bob";
  EXPECT_EQ(whom(s.created()), "ann/s1");
  EXPECT_EQ(whom(u.login()), "bob/-");
  EXPECT_EQ(whom(event{"session.heartbeat", json{{"id", "s2"}}}), "-/s2");
  EXPECT_EQ(whom(event{"user.data_export", json{{"id", "eve"}}}), "eve/-");
  EXPECT_EQ(whom(event{"plugin.x.y", json{{"session_id", "s3"}, {"user_id", "ann"}}}), "ann/s3");
  EXPECT_EQ(whom(event{"plugin.x.y", json{{"sessionId", "s4"}, {"userId", "ann"}}}), "ann/s4");
  EXPECT_EQ(whom(event{"session.shared", json{{"id", "not-it"}, {"session_id", "s5"}}}), "-/s5");
  EXPECT_EQ(whom(event{"plugin.x.y", json{{"id", "whatever"}}}), "-/-");
  EXPECT_EQ(whom(event{"sessions.cleaned", json{{"id", "batch"}}}), "-/-") << "no prefix of a segment";
  EXPECT_EQ(whom(event{"user.login", json{{"id", 7}, {"session_id", ""}}}), "-/-") << "ids are text";
  EXPECT_EQ(whom(event{"user.login", json::array({1, 2})}), "-/-");
}

TEST(AuditEntry, CarriesTheEventWithoutItsSecrets) {
  event e{"user.updated", json{{"id", "ann"}, {"password", "hunter2"}}};
  e.set_source("directory");
  const auto entry = make_audit_entry(e);
  EXPECT_EQ(entry.event_id, e.id());
  EXPECT_EQ(entry.type, "user.updated");
  EXPECT_EQ(entry.source, "directory");
  EXPECT_EQ(entry.time, e.time());
  EXPECT_EQ(entry.data, (json{{"id", "ann"}, {"password", "***"}}));
}

}  // namespace
}  // namespace streamspace::builtin
