#pragma once

#include <cstdint>

namespace streamspace {

/// Names the figures of an event type in one event_metrics, in less room than a pointer takes and without a look at the
/// type's text. Types that have no figures of their own share `other`.
enum class event_type_number : std::uint16_t { other };

}  // namespace streamspace
