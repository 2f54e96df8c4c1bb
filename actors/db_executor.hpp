#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include <streamspace/actors/database.hpp>

namespace streamspace {

/// SQL for threads that are no actors, over the pool. Blocks the caller. The actor system must outlive it.
std::shared_ptr<sql_executor> make_db_executor(caf::actor_system& system, db_pool_actor pool);

}  // namespace streamspace
