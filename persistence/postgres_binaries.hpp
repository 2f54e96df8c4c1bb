#pragma once

#include <filesystem>
#include <string>

namespace streamspace {

/// The folder that holds PostgreSQL's own programs (initdb, postgres): `wanted` when it is not empty, else the newest
/// of /usr/lib/postgresql/*/bin (Debian) and of /usr/pgsql-*/bin (Red Hat), else the first of the folders of PATH.
/// Files made by one major version are of no use to another, so with a `version` ("15") only that one is taken, or a
/// folder that does not tell its version. Errors: not_found, naming the Debian package to install.
std::filesystem::path find_postgres_binaries(const std::filesystem::path& wanted = {}, const std::string& version = {});

}  // namespace streamspace
