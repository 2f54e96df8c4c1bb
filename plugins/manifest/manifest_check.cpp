#include <algorithm>
#include <array>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/dependencies/semver_range.hpp>
#include <streamspace/plugins/manifest/config_check.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>
#include <streamspace/plugins/manifest/text_format.hpp>

namespace streamspace {

namespace {

constexpr std::size_t max_faults = 100;
constexpr std::size_t max_line = 200;
constexpr std::size_t max_description = 10'000;
constexpr std::size_t max_url = 2'000;
constexpr std::size_t max_tag = 64;
constexpr std::size_t max_items = 256;

constexpr std::array plugin_types{"extension", "webhook", "integration", "api", "theme", "cli", "system"};

std::string at_most(std::size_t count, const char* what) {
  return "must not have more than " + std::to_string(count) + " " + what;
}

bool is_printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

/// Characters, where the text is UTF-8.
std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class checker {
 public:
  explicit checker(const json& manifest) : manifest_{manifest} {}

  std::vector<json_fault> faults() {
    if (!manifest_.is_object()) return {{"", "must be an object"}};
    if (auto why = why_too_large(manifest_, manifest_limits); !why.empty()) return {{"", std::move(why)}};
    check_identity();
    check_words();
    check_links();
    if (const auto* requirements = object_at(manifest_, "", "requirements")) check_requirements(*requirements);
    if (const auto* entrypoints = object_at(manifest_, "", "entrypoints")) check_entrypoints(*entrypoints);
    check_permissions();
    for (const auto* member : {"dependencies", "optionalDependencies"})
      if (const auto* needed = object_at(manifest_, "", member)) check_dependencies(*needed, pointer_below("", member));
    check_config();
    if (faults_.size() > max_faults) faults_.resize(max_faults);
    return std::move(faults_);
  }

 private:
  void fault(std::string pointer, std::string sentence) {
    if (faults_.size() < max_faults) faults_.push_back({std::move(pointer), std::move(sentence)});
  }

  /// A member that is there and not null.
  static const json* member(const json& in, const char* name) {
    const auto it = in.find(name);
    return it == in.end() || it->is_null() ? nullptr : &*it;
  }

  const json* object_at(const json& in, std::string_view pointer, const char* name) {
    const auto* value = member(in, name);
    if (!value || value->is_object()) return value;
    fault(pointer_below(pointer, name), "must be an object");
    return nullptr;
  }

  const json* array_at(const json& in, std::string_view pointer, const char* name) {
    const auto* value = member(in, name);
    if (!value) return nullptr;
    const auto place = pointer_below(pointer, name);
    if (!value->is_array()) {
      fault(place, "must be an array of strings");
      return nullptr;
    }
    if (value->size() > max_items) fault(place, at_most(max_items, "items"));
    return value;
  }

  /// Calls `why_not(text)` for a string; what it says, if anything, is the fault.
  template <class WhyNot>
  void check_text(const json& value, const std::string& pointer, WhyNot why_not) {
    if (!value.is_string()) return fault(pointer, "must be a string");
    if (std::string why = why_not(value.get_ref<const std::string&>()); !why.empty()) fault(pointer, std::move(why));
  }

  template <class WhyNot>
  void check_member(const json& in, std::string_view pointer, const char* name, WhyNot why_not) {
    if (const auto* value = member(in, name)) check_text(*value, pointer_below(pointer, name), why_not);
  }

  template <class WhyNot>
  void check_items(const json* items, const std::string& pointer, WhyNot why_not) {
    if (!items) return;
    for (std::size_t i = 0; i < std::min(items->size(), max_items); ++i)
      check_text((*items)[i], pointer_below(pointer, i), why_not);
  }

  void check_identity() {
    for (const auto* name : {"name", "version"})
      if (!member(manifest_, name)) fault(pointer_below("", name), "is missing");
    check_member(manifest_, "", "name", why_no_plugin);
    check_member(manifest_, "", "version", [](const std::string& text) -> std::string {
      const auto version = semver::parse(text);
      if (!version) return wrong(version.error());
      return to_string(*version) == text ? "" : "must be a version alone: no 'v' before it, no spaces around it";
    });
    check_member(manifest_, "", "type", [](const std::string& text) {
      return std::find(plugin_types.begin(), plugin_types.end(), text) == plugin_types.end()
                 ? "must be one of extension, webhook, integration, api, theme, cli and system"
                 : "";
    });
  }

  static std::string wrong(const error& e) { return "is wrong: " + e.message(); }

  static std::string why_no_plugin(const std::string& text) {
    const auto why = why_not_a_plugin_name(text);
    return why.empty() ? "" : "must name a plugin: " + why;
  }

  static auto within(std::size_t most) {
    return [most](const std::string& text) { return length_of(text) > most ? at_most(most, "characters") : ""; };
  }

  void check_words() {
    for (const auto* name : {"displayName", "author", "license", "category"})
      check_member(manifest_, "", name, within(max_line));
    check_member(manifest_, "", "description", within(max_description));
    check_items(array_at(manifest_, "", "tags"), "/tags", [](const std::string& text) -> std::string {
      return text.empty() ? "must not be empty" : within(max_tag)(text);
    });
  }

  void check_links() {
    check_member(manifest_, "", "homepage", [](const std::string& text) -> std::string {
      return is_web_url(text) ? within(max_url)(text) : "must be a URL (https://...)";
    });
    check_member(manifest_, "", "repository", [](const std::string& text) -> std::string {
      return is_uri(text) ? within(max_url)(text) : "must be a URL (https://..., ssh://...)";
    });
    check_member(manifest_, "", "icon", [](const std::string& text) -> std::string {
      return is_web_url(text) || is_inner_path(text)
                 ? within(max_url)(text)
                 : "must be a URL (https://...) or the path of a file of the plugin";
    });
  }

  void check_requirements(const json& requirements) {
    const std::string place = "/requirements";
    check_member(requirements, place, "streamspaceVersion", why_no_range);
    for (const auto* name : {"minimumVersion", "maximumVersion"})
      check_member(requirements, place, name, [](const std::string& text) -> std::string {
        const auto bound = semver_range::at_least(text, {});
        return bound ? "" : wrong(bound.error());
      });
    check_items(array_at(requirements, place, "plugins"), place + "/plugins", [this](const std::string& text) {
      const auto at = text.find('@');
      auto why = why_not_needed(text.substr(0, at));
      return why.empty() && at != std::string::npos ? why_no_range(text.substr(at + 1)) : why;
    });
  }

  static std::string why_no_range(const std::string& text) {
    const auto range = semver_range::parse(text);
    return range ? "" : wrong(range.error());
  }

  std::string why_not_needed(const std::string& name) const {
    if (const auto* own = member(manifest_, "name"); own && *own == name) return "must not be the plugin itself";
    return why_no_plugin(name);
  }

  void check_entrypoints(const json& entrypoints) {
    for (const auto* name : {"main", "ui", "api", "webhook", "cli"})
      check_member(entrypoints, "/entrypoints", name, [](const std::string& text) -> std::string {
        return is_inner_path(text) ? within(max_url)(text) : "must be the path of a file of the plugin";
      });
  }

  void check_permissions() {
    check_items(array_at(manifest_, "", "permissions"), "/permissions", [](const std::string& text) -> std::string {
      if (text.empty()) return "must not be empty";
      return is_printable(text) ? within(max_line)(text) : "must not have spaces or control characters";
    });
  }

  void check_dependencies(const json& needed, const std::string& place) {
    if (needed.size() > max_items) return fault(place, at_most(max_items, "members"));
    for (const auto& [name, range] : needed.items()) {
      const auto pointer = pointer_below(place, name);
      if (auto why = why_not_needed(name); !why.empty())
        fault(pointer, std::move(why));
      else
        check_text(range, pointer, why_no_range);
    }
  }

  void check_config() {
    const auto* schema = object_at(manifest_, "", "configSchema");
    const auto* defaults = object_at(manifest_, "", "defaultConfig");
    if (!schema) return;
    const auto in_schema = config_schema_faults(*schema);
    for (const auto& [pointer, sentence] : in_schema) fault("/configSchema" + pointer, sentence);
    if (!in_schema.empty()) return;
    const auto given = defaults ? *defaults : json::object();
    auto in_defaults = partial_config_faults(given, *schema);
    for (const auto& [pointer, sentence] : in_defaults) fault("/defaultConfig" + pointer, sentence);
    if (!in_defaults.empty()) return;
    in_defaults = partial_config_faults(with_defaults(json::object(), *schema, given), *schema);
    if (!in_defaults.empty())
      fault("/configSchema", "has a \"default\" that does not fit itself: " + to_string(in_defaults));
  }

  const json& manifest_;
  std::vector<json_fault> faults_;
};

}  // namespace

std::vector<json_fault> manifest_faults(const json& manifest) {
  return checker{manifest}.faults();
}

result<plugin_manifest> checked_manifest(const json& manifest) {
  const auto faults = manifest_faults(manifest);
  if (faults.empty()) try {
      return manifest.get<plugin_manifest>();
    } catch (error& e) {
      return tl::unexpected<error>{std::move(e)};
    }
  error::facts facts;
  for (const auto& [pointer, sentence] : faults) facts.emplace_back(pointer, sentence);
  return failure(ec::invalid_argument, "the manifest is wrong: " + to_string(faults), std::move(facts));
}

}  // namespace streamspace
