#pragma once

namespace streamspace::bench {

/// MiB of memory that the process has in use now.
double resident_mib();

}  // namespace streamspace::bench
