// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives names to the bytes that EmbeddedData.S includes.

#include "lib/Driver/Link/Embedded.h"

#define ACCEL_EMBEDDED(function, symbol)                                                           \
  extern "C" const char accel_embedded_##symbol##_begin[], accel_embedded_##symbol##_end[];        \
  llvm::StringRef accel::link::embedded::function() {                                              \
    return {accel_embedded_##symbol##_begin,                                                       \
            size_t(accel_embedded_##symbol##_end - accel_embedded_##symbol##_begin)};              \
  }

ACCEL_EMBEDDED(libcSymbols, libc_symbols)
ACCEL_EMBEDDED(startObject, start)
ACCEL_EMBEDDED(runtimeObject, runtime)
ACCEL_EMBEDDED(opsObject, ops)
ACCEL_EMBEDDED(mainObject, main)
ACCEL_EMBEDDED(builtinsArchive, builtins)
