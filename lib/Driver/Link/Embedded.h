// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that are part of the compiler's binary: what it links into every model.
//
#ifndef ACCEL_DRIVER_LINK_EMBEDDED_H
#define ACCEL_DRIVER_LINK_EMBEDDED_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/Triple.h"

namespace accel::link::embedded {

/// The text of libc-symbols.txt.
llvm::StringRef libcSymbols();

/// Objects for one machine. Those of the runtime are empty in a build without it.
struct MachineFiles {
  llvm::Triple::ArchType machine;
  llvm::StringRef start;    ///< Start.c
  llvm::StringRef builtins; ///< what code generation calls, such as __extendhfsf2
  llvm::StringRef runtime;  ///< the Accel runtime
  llvm::StringRef ops;      ///< the functions that scripts call
  llvm::StringRef images;   ///< the one that decodes pictures; empty where libraries are missing
  llvm::StringRef main;     ///< main() of executables
};

/// The machines that this build links for (ACCEL_MACHINES in cmake/AccelMachines.cmake).
llvm::ArrayRef<MachineFiles> machines();

/// The machine's row, or null if this build does not link for it.
const MachineFiles *machineFiles(llvm::Triple::ArchType machine);

} // namespace accel::link::embedded

#endif // ACCEL_DRIVER_LINK_EMBEDDED_H
