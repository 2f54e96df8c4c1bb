#pragma once

#include <functional>
#include <memory>

#include <caf/actor_system.hpp>

#include <streamspace/actors/database.hpp>

namespace streamspace {

/// Whose rights a call has, asked at each one. May block and throw.
using login_source = std::function<db_login_ptr()>;

/// SQL for threads that are no actors, over the pool; the platform's own unless `login` says otherwise. The actor
/// system must outlive it.
std::shared_ptr<sql_executor> make_db_executor(
    caf::actor_system& system, db_pool_actor pool, login_source login = [] { return db_login_ptr{}; });

}  // namespace streamspace
