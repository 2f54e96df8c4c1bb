#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include <streamspace/messages/log_record.hpp>

namespace streamspace {

// Each of these sinks has a thread of its own that formats and writes, in order; whoever logs waits for neither. At
// most 8,192 lines wait, and 32 MiB: for more the oldest go, and a line says how many. What was logged before the last
// copy of a sink is destroyed, or before exit(), is written then, within 5 s.

/// Writes each record as one line of JSON to standard output, whole lines only.
log_sink json_log_to_stdout();

/// Writes each record as a line for people ("12:00:01 WARN     audit: text {...}") to standard error, in colour on a
/// terminal.
log_sink text_log_to_stderr();

/// Writes each record as one line of JSON to a file. When it would be larger than `max_bytes` (at least 1) it is set
/// aside as path.1, that as path.2 and so on, so that there are `files` at most (at least 1). Error io_error when the
/// file cannot be opened.
log_sink json_log_to_files(const std::filesystem::path& path, std::uint64_t max_bytes, unsigned files);

/// How many lines one of these sinks has lost; 0 for any other sink.
std::uint64_t lost_log_lines(const log_sink& sink) noexcept;

/// Waits until one of these sinks has written what was logged before; false when it has not by the deadline.
bool flush_log(const log_sink& sink, std::chrono::milliseconds deadline);

}  // namespace streamspace
