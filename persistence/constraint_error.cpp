#include <streamspace/persistence/constraint_error.hpp>

namespace streamspace {

error explain_constraint(error e, std::initializer_list<constraint_meaning> meanings) {
  if (e.code() != ec::database_error) return e;
  const auto violated = e.fact("constraint");
  for (const auto& meaning : meanings)
    if (violated == meaning.constraint) return {meaning.code, std::string{meaning.sentence}, e.context()};
  constexpr std::string_view check_violation = "23514";
  if (e.fact("sqlstate") != check_violation) return e;
  return {ec::invalid_argument, "a value is not allowed here: " + std::string{e.fact("message")}, e.context()};
}

}  // namespace streamspace
