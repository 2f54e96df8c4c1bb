#pragma once

#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// Writes each record as one line of JSON to standard output, whole lines only, from any thread.
log_sink json_log_to_stdout();

/// Writes each record as a line for people ("12:00:01 WARN  audit: text {...}") to standard error, in colour on a
/// terminal.
log_sink text_log_to_stderr();

}  // namespace streamspace
