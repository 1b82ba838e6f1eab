// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives names to the bytes that EmbeddedData.S includes.

#include "lib/Driver/Link/Embedded.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

#define ACCEL_DECLARE(symbol)                                                                      \
  extern "C" const char accel_embedded_##symbol##_begin[], accel_embedded_##symbol##_end[];
#define ACCEL_BYTES(symbol)                                                                        \
  StringRef(accel_embedded_##symbol##_begin,                                                       \
            size_t(accel_embedded_##symbol##_end - accel_embedded_##symbol##_begin))

ACCEL_DECLARE(libc_symbols)
#define ACCEL_MACHINE(machine)                                                                     \
  ACCEL_DECLARE(machine##_start)                                                                   \
  ACCEL_DECLARE(machine##_builtins)                                                                \
  ACCEL_DECLARE(machine##_runtime)                                                                 \
  ACCEL_DECLARE(machine##_ops)                                                                     \
  ACCEL_DECLARE(machine##_images)                                                                  \
  ACCEL_DECLARE(machine##_main)
#include "Machines.inc"
#undef ACCEL_MACHINE

namespace accel::link::embedded {

StringRef libcSymbols() { return ACCEL_BYTES(libc_symbols); }

ArrayRef<MachineFiles> machines() {
  static const MachineFiles rows[] = {
#define ACCEL_MACHINE(machine)                                                                     \
  {Triple::machine,                                                                                \
   ACCEL_BYTES(machine##_start),                                                                   \
   ACCEL_BYTES(machine##_builtins),                                                                \
   ACCEL_BYTES(machine##_runtime),                                                                 \
   ACCEL_BYTES(machine##_ops),                                                                     \
   ACCEL_BYTES(machine##_images),                                                                  \
   ACCEL_BYTES(machine##_main)},
#include "Machines.inc"
#undef ACCEL_MACHINE
  };
  return rows;
}

const MachineFiles *machineFiles(Triple::ArchType machine) {
  const MachineFiles *found =
      find_if(machines(), [&](const MachineFiles &row) { return row.machine == machine; });
  return found == machines().end() ? nullptr : found;
}

} // namespace accel::link::embedded
