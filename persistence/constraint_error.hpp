#pragma once

#include <initializer_list>
#include <string_view>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// What the violation of a constraint means to the caller.
struct constraint_meaning {
  std::string_view constraint;
  ec code;
  std::string_view sentence;
};

/// A database error about one of these constraints in the caller's words, its facts kept; about another check of a
/// value as invalid_argument. All other errors come back as they are.
error explain_constraint(error e, std::initializer_list<constraint_meaning> meanings);

}  // namespace streamspace
