#include <array>
#include <string_view>

#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/overflow_policy.hpp>

namespace streamspace {

void from_json(const json& in, overflow_policy& policy) {
  using namespace json_members;
  constexpr std::array<std::string_view, 4> kinds{"drop_newest", "drop_oldest", "block", "fail"};
  demand_object(in, "inbox");
  auto read = policy;
  read_name(in, "overflow", kinds, read.what);
  read_duration(in, "patience_ms", std::chrono::milliseconds{0}, std::chrono::milliseconds{std::chrono::hours{1}},
                read.patience);
  if (read.what == overflow_policy::kind::block && read.patience.count() == 0)
    out_of_range("patience_ms", "more than 0 where 'overflow' is 'block'");
  policy = read;
}

}  // namespace streamspace
