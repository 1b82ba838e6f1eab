// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Includes files, as they are, into the compiler's read-only data. The build gives their paths.

.macro embed symbol, path
  .globl accel_embedded_\symbol\()_begin, accel_embedded_\symbol\()_end
  .hidden accel_embedded_\symbol\()_begin, accel_embedded_\symbol\()_end
  .p2align 4
accel_embedded_\symbol\()_begin:
  .incbin "\path"
accel_embedded_\symbol\()_end:
.endm

  .section .rodata
#include "Files.inc"

  .section .note.GNU-stack, "", @progbits
