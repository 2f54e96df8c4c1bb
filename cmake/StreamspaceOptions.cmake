# What every target of ours is compiled with. Nothing here leaks into a user's build.
add_library(streamspace_options INTERFACE)
target_compile_features(streamspace_options INTERFACE cxx_std_20)
target_compile_options(streamspace_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  # Nobody puts functions of their own in the place of ours, so that those of one file can be inlined.
  -fno-semantic-interposition)
if(STREAMSPACE_SANITIZE)
  # g++ takes what the sanitizers add for uses of uninitialised values.
  target_compile_options(streamspace_options INTERFACE
    -fsanitize=${STREAMSPACE_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  if(STREAMSPACE_SANITIZE MATCHES "undefined")
    # A check at each use of a pointer doubles the time that compiling takes; AddressSanitizer sees the null ones anyway.
    target_compile_options(streamspace_options INTERFACE -fno-sanitize=null,alignment)
  endif()
  target_link_options(streamspace_options INTERFACE -fsanitize=${STREAMSPACE_SANITIZE})
endif()

# A cache and a fast linker are used where the machine has them; neither is needed.
find_program(STREAMSPACE_CCACHE ccache)
if(STREAMSPACE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" ${STREAMSPACE_CCACHE})
  target_compile_options(streamspace_options INTERFACE -fpch-preprocess)
endif()
find_program(STREAMSPACE_MOLD ld.mold)
if(STREAMSPACE_MOLD)
  target_link_options(streamspace_options INTERFACE -fuse-ld=mold)
endif()
