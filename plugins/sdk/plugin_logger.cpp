#include <streamspace/plugins/sdk/plugin_logger.hpp>

namespace streamspace {

plugin_logger plugin_logger::with(const std::string& key, json value) const {
  auto copy = *this;
  copy.fields_[key] = std::move(value);
  return copy;
}

plugin_logger plugin_logger::with(const json& fields) const {
  auto copy = *this;
  if (fields.is_object()) copy.fields_.update(fields);
  return copy;
}

void plugin_logger::write(log_level level, std::string_view message, json data) const {
  if (!enabled(level) || !sink_) return;
  json all = fields_;
  if (data.is_object())
    all.update(data);
  else if (!data.is_null())
    all["value"] = std::move(data);
  sink_({plugin_, level, std::string{message}, std::move(all), now()});
}

}  // namespace streamspace
