#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/subscription_table.hpp>

namespace streamspace {
namespace {

subscription_ptr to(std::string pattern) {
  auto s = std::make_shared<subscription>();
  s->pattern = std::move(pattern);
  return s;
}

TEST(SubscriptionTable, GivesEachNewcomerAPlaceOfItsOwn) {
  subscription_table table;
  const auto a = to("a");
  const auto b = to("b");
  const auto also_b = to("b");
  table.assign({a, b, also_b});
  EXPECT_EQ(table.find(a->key), a.get());
  EXPECT_EQ(table.find(b->key), b.get());
  EXPECT_EQ(table.find(also_b->key), also_b.get());
}

TEST(SubscriptionTable, FindsNothingForAKeyThatItHasNotGiven) {
  subscription_table table;
  EXPECT_EQ(table.find(subscription_key{}), nullptr);
  table.assign({to("a")});
  EXPECT_EQ(table.find(subscription_key{}), nullptr);
  EXPECT_EQ(table.find(subscription_key{0, 7}), nullptr);
  EXPECT_EQ(table.find(subscription_key{1, 0}), nullptr);
}

TEST(SubscriptionTable, LeavesThoseThatStayAtTheirPlaces) {
  subscription_table table;
  const auto a = to("a");
  const auto b = to("b");
  table.assign({a, b});
  const auto key = b->key;
  table.assign({to("c"), b, to("d")});
  EXPECT_EQ(b->key, key);
  EXPECT_EQ(table.find(key), b.get());
}

TEST(SubscriptionTable, FindsNobodyAtAPlaceThatWasVacatedThoughAnotherHasIt) {
  subscription_table table;
  const auto gone = to("a");
  table.assign({gone});
  const auto stale = gone->key;
  table.assign({});
  EXPECT_EQ(table.find(stale), nullptr);
  const auto next = to("a");
  table.assign({next});
  EXPECT_EQ(next->key.place, stale.place) << "places are used again";
  EXPECT_EQ(table.find(stale), nullptr);
  EXPECT_EQ(table.find(next->key), next.get());
}

TEST(SubscriptionTable, KeepsThoseThatAreGoneAliveUntilToldToForgetThem) {
  subscription_table table;
  auto s = to("a");
  const std::weak_ptr<subscription> watched{s};
  table.assign({std::exchange(s, nullptr)});
  table.forget_gone();
  EXPECT_FALSE(watched.expired());
  table.assign({});
  EXPECT_FALSE(watched.expired()) << "its handler may be what is running";
  table.forget_gone();
  EXPECT_TRUE(watched.expired());
}

TEST(SubscriptionTable, HasNobodyAtParkedPlacesUntilTheNextInstanceTakesThem) {
  subscription_table table;
  const auto a = to("a");
  const auto b = to("b");
  table.assign({a, b});
  table.park();
  EXPECT_EQ(table.find(a->key), nullptr);
  EXPECT_EQ(table.find(b->key), nullptr);
  const auto new_b = to("b");
  const auto new_a = to("a");
  table.assign({new_b, new_a});
  EXPECT_EQ(table.find(a->key), new_a.get()) << "what is queued for the old one finds the new one";
  EXPECT_EQ(table.find(b->key), new_b.get());
  EXPECT_EQ(new_a->key, a->key);
}

TEST(SubscriptionTable, GivesEachParkedPlaceToOneNewcomerOnly) {
  subscription_table table;
  const auto one = to("a");
  const auto two = to("a");
  table.assign({one, two});
  table.park();
  const auto x = to("a");
  const auto y = to("a");
  const auto z = to("a");
  table.assign({x, y, z});
  EXPECT_EQ(x->key, one->key);
  EXPECT_EQ(y->key, two->key);
  EXPECT_EQ(table.find(z->key), z.get());
  EXPECT_NE(z->key, x->key);
  EXPECT_NE(z->key, y->key);
}

TEST(SubscriptionTable, DoesNotGiveAParkedPlaceToAnotherPattern) {
  subscription_table table;
  const auto a = to("a");
  table.assign({a});
  table.park();
  const auto b = to("b");
  table.assign({b});
  EXPECT_EQ(table.find(a->key), nullptr);
  EXPECT_NE(b->key, a->key);
  const auto late = to("a");
  table.assign({b, late});
  EXPECT_EQ(late->key, a->key) << "it stays parked over an assign";
}

TEST(SubscriptionTable, VacatesPlacesThatNobodyHasTakenWhenParkingEnds) {
  subscription_table table;
  const auto a = to("a");
  const auto b = to("b");
  table.assign({a, b});
  table.park();
  const auto new_b = to("b");
  table.assign({new_b});
  table.release_parked();
  EXPECT_EQ(table.find(b->key), new_b.get()) << "it is taken";
  const auto late = to("a");
  table.assign({new_b, late});
  EXPECT_EQ(table.find(a->key), nullptr) << "what was queued for it finds nobody";
  EXPECT_EQ(table.find(late->key), late.get());
}

TEST(SubscriptionTable, ParksTwiceBeforeTheNextInstanceHasSubscribed) {
  subscription_table table;
  const auto a = to("a");
  table.assign({a});
  table.park();
  table.park();
  const auto again = to("a");
  table.assign({again});
  EXPECT_EQ(table.find(a->key), again.get());
  const auto other = to("a");
  table.assign({again, other});
  EXPECT_NE(other->key, again->key);
  EXPECT_EQ(table.find(other->key), other.get());
}

TEST(SubscriptionTable, DestroysParkedHandlers) {
  subscription_table table;
  auto s = to("a");
  const std::weak_ptr<subscription> watched{s};
  table.assign({std::exchange(s, nullptr)});
  table.park();
  table.forget_gone();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace streamspace
