// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --fuse goes to the stage kernels and --tile to tiled, each from any stage before it: what has been
// done already is not done again.
// RUN: accel-opt %s --fuse=cpu=x86-64-v2 -o %t.fused
// RUN: FileCheck %s --check-prefix=FUSED --input-file=%t.fused
// RUN: accel-opt %t.fused --fuse=cpu=x86-64-v2 | FileCheck %s --check-prefix=FUSED
// RUN: accel-opt %s --tile=cpu=x86-64-v2 -o %t.tiled
// RUN: FileCheck %s --check-prefix=TILED --input-file=%t.tiled
// RUN: accel-opt %t.fused --tile=cpu=x86-64-v2 | diff - %t.tiled
// RUN: accel-opt %t.tiled --tile=cpu=x86-64-v2 | diff - %t.tiled
// RUN: accel-opt %s "--tile=cpu=x86-64-v2 O=0" | FileCheck %s --check-prefix=PLAIN

// FUSED:      exec.kernel @elementwise_0
// FUSED:        nn.add
// FUSED:        nn.relu
// FUSED:      exec.program @main
// FUSED:        exec.dispatch @elementwise_0
// FUSED-NOT:  func.func @main

// TILED:      exec.kernel @elementwise_0 attributes {{.*}}stage = "tiled"
// TILED:        vector<4xf32>
// PLAIN:      exec.kernel @elementwise_0 attributes {{.*}}stage = "tiled"
// PLAIN-NOT:    vector<
module @net {
  func.func @main(%x: tensor<64x48xf32> {nn.name = "x"}, %z: tensor<64x48xf32> {nn.name = "z"}) -> (tensor<64x48xf32> {nn.name = "y"}) {
    %0 = nn.add %x, %z : tensor<64x48xf32>, tensor<64x48xf32> -> tensor<64x48xf32>
    %1 = nn.relu %0 : tensor<64x48xf32> -> tensor<64x48xf32>
    return %1 : tensor<64x48xf32>
  }
}
