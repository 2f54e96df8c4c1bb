// What plugins in files of their own take from the program (plugins/sdk/shared_json.hpp).
#include <streamspace/messages/json.hpp>

template class nlohmann::basic_json<>;
template class nlohmann::detail::serializer<streamspace::json>;
