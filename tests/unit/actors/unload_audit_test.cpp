// What is said of plugins that leave something behind.
#include <atomic>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/unload_audit.hpp>

namespace streamspace {
namespace {

using testing::eventually;
using ::testing::IsEmpty;

class UnloadAudit : public ::testing::Test {
 protected:
  std::atomic<int> warned{0};
  std::atomic<std::size_t> routes{0};
  const std::shared_ptr<deadline_timer> timer = std::make_shared<deadline_timer>();
  const std::shared_ptr<unload_audit> audit =
      std::make_shared<unload_audit>([this](plugin_remains& r) { r.routes = routes; }, timer,
                                     [this](const log_record& r) { warned += r.level == log_level::warn ? 1 : 0; });
  std::shared_ptr<int> inbox = std::make_shared<int>();
  std::shared_ptr<int> database = std::make_shared<int>();
};

TEST_F(UnloadAudit, HasNothingToSayOfPluginsThatAreLoaded) {
  audit->loaded("p", inbox, database);
  EXPECT_THAT(audit->remains(), IsEmpty());
}

TEST_F(UnloadAudit, ShowsWhatIsStillThere) {
  audit->loaded("p", inbox, database);
  audit->unloaded("p");
  routes = 2;
  const auto found = audit->remains();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(json(found.front()), (json{{"plugin", "p"}, {"inbox", true}, {"database", true}, {"routes", 2}}));
  inbox.reset();
  database.reset();
  routes = 0;
  EXPECT_THAT(audit->remains(), IsEmpty());
}

TEST_F(UnloadAudit, ForgetsWhatIsLoadedAgain) {
  audit->loaded("p", inbox, database);
  audit->unloaded("p");
  audit->loaded("p", inbox, database);
  EXPECT_THAT(audit->remains(), IsEmpty());
  timer->stop();
  EXPECT_EQ(warned, 0);
}

TEST_F(UnloadAudit, WritesItIntoTheLog) {
  audit->loaded("p", inbox, database);
  audit->unloaded("p");
  timer->stop();  // Which calls what is due later at once.
  EXPECT_EQ(warned, 1);
}

TEST_F(UnloadAudit, WritesNothingAtTheEnd) {
  audit->loaded("p", inbox, database);
  audit->unloaded("p");
  audit->close();
  timer->stop();
  EXPECT_EQ(warned, 0);
}

TEST_F(UnloadAudit, WritesNothingWhenNothingIsLeft) {
  audit->loaded("p", inbox, database);
  inbox.reset();
  database.reset();
  audit->unloaded("p");
  timer->stop();
  EXPECT_EQ(warned, 0);
}

}  // namespace
}  // namespace streamspace
