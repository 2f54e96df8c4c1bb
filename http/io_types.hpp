#pragma once

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

/// Asio's types on the one executor that the server uses, so that no operation pays for a type-erased one. Internal to
/// this folder.
namespace streamspace::io {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
using steady_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

template <class T>
using task = asio::awaitable<T, executor>;

/// Operations awaited with this hand over {error_code, ...} instead of throwing.
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable_t<executor>{});

}  // namespace streamspace::io
