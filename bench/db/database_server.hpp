#pragma once

#include <memory>
#include <string>

namespace streamspace::bench {

/// A PostgreSQL server of the benchmark's own, as `streamspace serve` has it (what is committed survives a crash of the
/// machine), on a folder that is removed with it. The tables of the platform are there.
class database_server {
 public:
  database_server();
  ~database_server();
  database_server(const database_server&) = delete;
  database_server& operator=(const database_server&) = delete;

  std::string url() const;

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace streamspace::bench
