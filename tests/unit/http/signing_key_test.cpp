#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <streamspace/http/signing_key.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SigningKey : public ::testing::Test {
 protected:
  SigningKey() : folder_{fs::temp_directory_path() / ("streamspace-key-" + new_id())}, file_{folder_ / "token.key"} {
    fs::create_directory(folder_);
  }
  ~SigningKey() override { fs::remove_all(folder_); }

  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream{file_} << text;
    ::chmod(file_.c_str(), mode);
  }

  std::string refusal() {
    try {
      signing_key::load_or_create(file_);
    } catch (const error& e) {
      return e.message();
    }
    return "accepted";
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(SigningKey, IsMadeOnceAndReadAgain) {
  const auto made = signing_key::load_or_create(file_);
  EXPECT_EQ(made.bytes().size(), 32U);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_EQ(signing_key::load_or_create(file_).bytes(), made.bytes());
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}), 1) << "no draft is left behind";
}

TEST_F(SigningKey, IsTheSameForAllWhoMakeItAtOnce) {
  std::vector<std::string> seen(8);
  std::vector<std::thread> threads;
  for (auto& slot : seen)
    threads.emplace_back([&, &slot = slot] { slot = signing_key::load_or_create(file_).bytes(); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1U);
}

TEST_F(SigningKey, IsRefusedWhenOthersMayReadOrWriteIt) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0644, 0666}) {
    write(std::string(64, 'a'), mode);
    EXPECT_THAT(refusal(), HasSubstr("chmod 600")) << std::oct << mode;
  }
}

TEST_F(SigningKey, IsRefusedWhenItIsTooShortOrNoKey) {
  for (const auto& text :
       {std::string{}, std::string(62, 'a'), std::string(63, 'a'), std::string(64, 'x'), std::string(64, 'a') + "zz"}) {
    write(text);
    EXPECT_THAT(refusal(), HasSubstr("does not hold at least 64 hexadecimal digits")) << text;
  }
  write(std::string(64, 'a') + "\n");
  EXPECT_EQ(signing_key::load_or_create(file_).bytes(), std::string(32, '\xaa'));
}

TEST_F(SigningKey, IsRefusedWhenTheFileCannotBe) {
  file_ = folder_ / "missing" / "token.key";
  EXPECT_THAT(refusal(), HasSubstr("cannot be made"));
  file_ = folder_;
  EXPECT_THAT(refusal(), HasSubstr("is not a regular file"));
}

TEST(SigningKeyBytes, AreAtLeastThirtyTwo) {
  EXPECT_THROW(signing_key{std::string(31, 'k')}, error);
  EXPECT_EQ(signing_key{std::string(32, 'k')}.bytes().size(), 32U);
  auto a = signing_key::random();
  const std::string bytes{a.bytes()};
  const auto b = std::move(a);
  EXPECT_EQ(b.bytes(), bytes);
  EXPECT_TRUE(a.bytes().empty());
  EXPECT_NE(signing_key::random().bytes(), bytes);
}

}  // namespace
}  // namespace streamspace
