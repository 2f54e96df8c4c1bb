#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/persistence/config_seal.hpp>

namespace streamspace {
namespace {

using testing::code_of;
using ::testing::HasSubstr;
using ::testing::Not;

const json schema = json::parse(R"({"properties": {
  "token": {"type": "string", "format": "password"},
  "list": {"items": {"properties": {"pin": {"format": "password"}, "name": {"type": "string"}}}},
  "plain": {"type": "string"}}})");

const json config = {{"token", "geheim"},
                     {"plain", "offen"},
                     {"list", {{{"pin", 4711}, {"name", "a"}}, {{"pin", ""}, {"name", "b"}}}},
                     {"extra", {1, 2}}};

class ConfigSeal : public ::testing::Test {
 protected:
  config_seal seal{secret_key{std::string(32, 'k')}};
};

TEST_F(ConfigSeal, HidesWhatTheSchemaDeclaresSecretAndBringsItBack) {
  const auto sealed = seal.sealed("p", config, schema);
  EXPECT_THAT(sealed.dump(), Not(HasSubstr("geheim")));
  EXPECT_THAT(sealed.dump(), Not(HasSubstr("4711")));
  EXPECT_EQ(sealed.at("plain"), "offen");
  EXPECT_EQ(sealed.at("list").at(1).at("pin"), "") << "an empty text is no secret";
  EXPECT_EQ(seal.opened("p", sealed), config);
}

TEST_F(ConfigSeal, SealsOnlyOnceAndKnowsWhatIsBare) {
  const auto once = seal.sealed("p", config, schema);
  EXPECT_EQ(seal.sealed("p", once, schema), once);
  EXPECT_TRUE(config_seal::is_bare(config, schema));
  EXPECT_FALSE(config_seal::is_bare(once, schema));
  EXPECT_FALSE(config_seal::is_bare(json::object(), schema));
  auto partly = once;
  partly["token"] = "neu";
  EXPECT_TRUE(config_seal::is_bare(partly, schema));
  EXPECT_EQ(seal.opened("p", seal.sealed("p", partly, schema)).at("token"), "neu");
}

TEST_F(ConfigSeal, TakesWhatIsNotSealedAsItIs) {
  EXPECT_EQ(seal.opened("p", config), config);
  EXPECT_EQ(seal.opened("p", json::object()), json::object());
}

TEST_F(ConfigSeal, OpensNothingOfAnotherKeyOrAnotherPlugin) {
  const auto sealed = seal.sealed("p", config, schema);
  EXPECT_EQ(code_of([&] { seal.opened("q", sealed); }), ec::conflict);
  EXPECT_EQ(code_of([&] { config_seal{secret_key::random()}.opened("p", sealed); }), ec::conflict);
}

TEST_F(ConfigSeal, MasksWhatIsSealedWithoutTheSchema) {
  auto shown = config;
  shown["token"] = shown["list"][0]["pin"] = "***";
  EXPECT_EQ(config_seal::masked(seal.sealed("p", config, schema)), shown);
  EXPECT_EQ(config_seal::masked(config), config);
}

TEST_F(ConfigSeal, LetsNobodyBringASealOfHisOwn) {
  refuse_sealed(config);
  EXPECT_EQ(code_of([&] { refuse_sealed(seal.sealed("p", config, schema)); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { refuse_sealed({{"a", {1, {{"$sealed", 1}, {"b", 2}}}}}); }), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
