// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: not accel-opt %s -cpu-lower-kernels=stage=done -o /dev/null 2>&1 | FileCheck %s --check-prefix=STAGE
// RUN: not accel-opt %s -cpu-lower-kernels=cpu=no-such-cpu -o /dev/null 2>&1 | FileCheck %s --check-prefix=CPU

// STAGE: error: expected stage linalg, tiled, buffers or llvm, got done
// CPU: error: {{.*}}no-such-cpu
module {
}
