// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The index of the exec dialect's op families.
#ifndef ACCEL_EXEC_OPS
#define ACCEL_EXEC_OPS

include "dialects/Exec/ExecProgramOps.td"
include "dialects/Exec/ExecBufferOps.td"

#endif // ACCEL_EXEC_OPS
