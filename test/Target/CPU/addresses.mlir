// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions of a tile are read at constant distances from one register, though strides are of the run: 14 registers for
// 14 positions would be spilled.
// RUN: accel-compile %s --start-from=import -q --cpu=x86-64-v4 --emit=asm -o - | FileCheck %s

// CHECK-LABEL: addresses_conv_1:
// CHECK: vbroadcastss 128([[BASE:%r[a-z0-9]+]],[[STEP:%r[a-z0-9]+]],4)
// CHECK: vbroadcastss 256([[BASE]],[[STEP]],4)
// CHECK: vbroadcastss 1664([[BASE]],[[STEP]],4)
module @addresses {
  func.func @main(%x: tensor<1x64x?x?xf32> {nn.name = "x"}) -> (tensor<1x64x?x?xf32> {nn.name = "y"}) {
    %0 = nn.bind_dims %x ["h", "w"] affine_map<()[s0, s1] -> (1, 64, s0, s1)> : tensor<1x64x?x?xf32> -> tensor<1x64x?x?xf32>
    %w = nn.constant dense<0.5> : tensor<64x64x1x1xf32>
    %1 = nn.conv %0, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x64x?x?xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x?x?xf32>
    return %1 : tensor<1x64x?x?xf32>
  }
}
