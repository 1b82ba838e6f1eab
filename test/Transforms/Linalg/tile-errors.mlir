// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: not accel-opt %s -linalg-tile=cpu=no-such-cpu -o /dev/null 2>&1 | FileCheck %s
// RUN: not accel-opt %s -linalg-vectorize=cpu=no-such-cpu -o /dev/null 2>&1 | FileCheck %s

// CHECK: error: {{.*}}no-such-cpu
func.func @nothing() {
  return
}
