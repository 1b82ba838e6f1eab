// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that are part of the compiler's binary: what it links into every model.
//
#ifndef ACCEL_DRIVER_LINK_EMBEDDED_H
#define ACCEL_DRIVER_LINK_EMBEDDED_H

#include "llvm/ADT/StringRef.h"

namespace accel::link::embedded {

/// The text of libc-symbols.txt.
llvm::StringRef libcSymbols();

// Objects for x86-64.
llvm::StringRef startObject();   ///< Start.c
llvm::StringRef runtimeObject(); ///< the Accel runtime; empty in a build without it
llvm::StringRef opsObject();     ///< the functions that scripts call; empty in a build without it
llvm::StringRef mainObject();    ///< main() of executables; empty in a build without it
llvm::StringRef
builtinsArchive(); ///< compiler-rt: what code generation calls, such as __extendhfsf2

} // namespace accel::link::embedded

#endif // ACCEL_DRIVER_LINK_EMBEDDED_H
