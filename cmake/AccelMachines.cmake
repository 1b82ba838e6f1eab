# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# ACCEL_MACHINES: the machines that this build links models for, which need the C library's headers
# of each to compile the runtime; ACCEL_MACHINE_FLAGS_<machine>: what C for one is compiled with.
# Only headers are needed: compilers, assemblers and linkers for all machines are in LLVM.

set(ACCEL_MACHINES x86_64)
set(ACCEL_MACHINE_FLAGS_x86_64 --target=x86_64-unknown-linux-gnu)

# Atomic operations inline: the functions that would choose at run time are in no C library.
set(options_aarch64 -mno-outline-atomics)
set(options_riscv64 -march=rv64gc -mabi=lp64d)
set(package_aarch64 libc6-dev-arm64-cross)
set(package_riscv64 libc6-dev-riscv64-cross)
foreach(machine aarch64 riscv64)
  find_path(ACCEL_HEADERS_${machine} features.h PATHS /usr/${machine}-linux-gnu/include
    NO_DEFAULT_PATH)
  mark_as_advanced(ACCEL_HEADERS_${machine})
  if(ACCEL_HEADERS_${machine})
    list(APPEND ACCEL_MACHINES ${machine})
    set(ACCEL_MACHINE_FLAGS_${machine} --target=${machine}-unknown-linux-gnu ${options_${machine}}
      -nostdlibinc -isystem ${ACCEL_HEADERS_${machine}})
  else()
    message(STATUS "No C headers of ${machine} (Debian: ${package_${machine}}): models cannot be "
      "linked for it")
  endif()
endforeach()
