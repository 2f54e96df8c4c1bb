#pragma once

#include <streamspace/messages/json.hpp>

/// A plugin in a file of its own takes these from the program that loads it, so that its file is a fifth as large.
extern template class nlohmann::basic_json<>;
extern template class nlohmann::detail::serializer<streamspace::json>;
