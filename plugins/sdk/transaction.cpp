#include <streamspace/plugins/sdk/transaction.hpp>

namespace streamspace {

void transaction::emit(std::string_view event_name, json data) {
  event made{"plugin." + plugin_ + "." + std::string{event_name}, std::move(data)};
  made.set_source(plugin_);
  port_.execute({"SELECT streamspace_views.emit_event($1, $2::uuid, $3, $4::timestamptz, $5::jsonb)",
                 {plugin_, made.id(), made.type(), made.time(), made.data()}});
  emitted_.push_back(std::move(made));
}

}  // namespace streamspace
