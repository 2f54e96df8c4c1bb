#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <streamspace/messages/dead_letter.hpp>
#include <streamspace/messages/sql.hpp>

/// The table dead_letters: statements, and what their answers mean. Nothing here touches a connection.
///
/// A letter is claimed while somebody sends its event again, so that of several who want to one does: claimed letters
/// are neither claimed again nor discarded. A claim that nobody settles, as its host is gone, ends after a minute.
namespace streamspace {

/// How many ids there are to a number that a host drew.
inline constexpr std::uint64_t dead_letter_ids_a_number = 1'000'000'000;

/// Draws a number for ids, for read_first_dead_letter_id(). Refused by the database when there are none left, after
/// nine million.
sql_statement draw_dead_letter_number();
/// The first of dead_letter_ids_a_number ids that nobody else has.
std::uint64_t read_first_dead_letter_id(const sql_result& answer);

/// A letter as insert_dead_letters() takes it. A detail that is no text is mended. Errors: invalid_argument when the
/// database cannot hold its event; the message says why.
std::string dead_letter_row(const dead_letter& letter);
/// Letters that are in the table already stay as they are, so this may be tried again.
sql_statement insert_dead_letters(const std::vector<std::string>& rows);
/// The same as part of another statement; `rows` ends in a function that makes records of an array of such rows.
std::string insert_dead_letters_from(const std::string& rows);

/// For read_dead_letter_total(), and a letter in each row.
sql_statement list_dead_letters(const dead_letter_filter& filter);
/// A letter in the only row, or none.
sql_statement find_dead_letter(std::uint64_t id);
/// Of all that the filter means, whatever its before, after and limit; for read_dead_letter_total().
sql_statement count_dead_letters(const dead_letter_filter& filter);

/// Answers the letters that it claimed, in no order.
sql_statement claim_dead_letters(const dead_letter_filter& filter);
sql_statement release_dead_letters(const std::vector<std::uint64_t>& ids);
/// Claimed or not.
sql_statement remove_dead_letters(const std::vector<std::uint64_t>& ids);
/// Removes what the filter means; affects as many rows.
sql_statement discard_dead_letters(const dead_letter_filter& filter);
/// Removes what is older than the newest `keep`, at most so many; affects as many rows.
sql_statement trim_dead_letters(std::size_t keep, std::size_t at_most);

std::uint64_t read_dead_letter_total(const sql_result& answer);
/// Whether the row has a letter: past the end of a list its total comes alone.
bool has_dead_letter(const sql_row& row);
std::uint64_t read_dead_letter_id(const sql_row& row);
/// Errors: internal, naming the letter and what of it cannot be read.
result<dead_letter> read_dead_letter(const sql_row& row);

}  // namespace streamspace
