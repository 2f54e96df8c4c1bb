#include <algorithm>

#include <streamspace/plugins/dependencies/semver.hpp>
#include <streamspace/plugins/dependencies/semver_reader.hpp>

namespace streamspace {

namespace {

using semver_reading::is_digit;
using semver_reading::reader;

bool is_number(const std::string& identifier) {
  return std::all_of(identifier.begin(), identifier.end(), is_digit);
}

std::weak_ordering compare_identifiers(const std::string& a, const std::string& b) {
  const bool a_number = is_number(a);
  const bool b_number = is_number(b);
  if (a_number != b_number) return a_number ? std::weak_ordering::less : std::weak_ordering::greater;
  // Numbers have no leading zeros: the longer is the larger.
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::string joined(const std::vector<std::string>& identifiers, char before) {
  std::string text;
  for (const auto& each : identifiers) {
    text += text.empty() ? before : '.';
    text += each;
  }
  return text;
}

semver read_version(reader& in) {
  in.skip_white_space();
  const auto begin = in.position();
  in.take("v");
  semver version;
  const auto dot = [&] {
    if (!in.take(".")) in.fail("a '.' must stand here; a version is major.minor.patch");
  };
  version.major = in.number();
  dot();
  version.minor = in.number();
  dot();
  version.patch = in.number();
  in.qualifiers(version);
  if (in.position() - begin > semver::max_length)
    in.fail_at(begin, "a version must not be longer than " + std::to_string(semver::max_length) + " characters");
  in.skip_white_space();
  if (!in.at_end()) in.fail("nothing of a version can stand here");
  return version;
}

}  // namespace

result<semver> semver::parse(std::string_view text) try {
  reader in{"version", text};
  return read_version(in);
} catch (error& e) {
  return tl::unexpected<error>{std::move(e)};
}

std::weak_ordering operator<=>(const semver& a, const semver& b) noexcept {
  if (const auto order = a.major <=> b.major; order != 0) return order;
  if (const auto order = a.minor <=> b.minor; order != 0) return order;
  if (const auto order = a.patch <=> b.patch; order != 0) return order;
  if (a.is_prerelease() != b.is_prerelease())
    return a.is_prerelease() ? std::weak_ordering::less : std::weak_ordering::greater;
  const auto both = std::min(a.prerelease.size(), b.prerelease.size());
  for (std::size_t i = 0; i < both; ++i)
    if (const auto order = compare_identifiers(a.prerelease[i], b.prerelease[i]); order != 0) return order;
  return a.prerelease.size() <=> b.prerelease.size();
}

std::string to_string(const semver& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch) +
         joined(version.prerelease, '-') + joined(version.build, '+');
}

}  // namespace streamspace
