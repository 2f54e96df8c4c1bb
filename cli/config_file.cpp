#include <sstream>

#include <cli/config_file.hpp>
#include <toml++/toml.h>

namespace streamspace {

namespace {

std::string text_of(const toml::node& node) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) return *text;
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

void collect(const toml::table& table, const std::vector<std::string>& parents, std::vector<CLI::ConfigItem>& items) {
  for (const auto& [key, node] : table) {
    if (const auto* inner = node.as_table()) {
      auto below = parents;
      below.emplace_back(key.str());
      collect(*inner, below, items);
      continue;
    }
    CLI::ConfigItem item;
    item.parents = parents;
    item.name = std::string{key.str()};
    if (const auto* list = node.as_array())
      for (const auto& value : *list) item.inputs.push_back(text_of(value));
    else
      item.inputs.push_back(text_of(node));
    items.push_back(std::move(item));
  }
}

class toml_reader final : public CLI::Config {
 public:
  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    try {
      std::vector<CLI::ConfigItem> found;
      collect(toml::parse(in), {}, found);
      return found;
    } catch (const toml::parse_error& e) {
      std::ostringstream message;
      message << "the configuration file is not TOML: " << e.description() << " (line " << e.source().begin.line
              << ", column " << e.source().begin.column << ")";
      throw CLI::ConfigError{message.str(), CLI::ExitCodes::ConfigError};
    }
  }
};

}  // namespace

std::shared_ptr<CLI::Config> toml_config() {
  return std::make_shared<toml_reader>();
}

}  // namespace streamspace
