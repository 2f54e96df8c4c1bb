#include <streamspace/messages/footprint.hpp>
namespace streamspace {
std::size_t approximate_bytes(const json& j) noexcept { return 16 + 64 * j.size(); }
std::size_t approximate_bytes(const session&) noexcept { return 600; }
std::size_t approximate_bytes(const user&) noexcept { return 400; }
}
