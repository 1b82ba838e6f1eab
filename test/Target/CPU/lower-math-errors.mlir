// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: not accel-opt %s -cpu-lower-math=cpu=abacus 2>&1 | FileCheck %s
// CHECK: unknown CPU 'abacus'
func.func @f() {
  return
}
