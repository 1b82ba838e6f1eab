// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-layout=lanes=16 -canonicalize | FileCheck %s

// The panel's width: one row, many rows, many rows where 64 wastes less than 48, few columns.
// CHECK-LABEL: @panels
// CHECK:         nn.packed_matmul {{.*}} columns 768 : tensor<1x64xf32>, tensor<3x64x256xf32>
// CHECK:         nn.packed_matmul {{.*}} columns 768 : tensor<128x64xf32>, tensor<16x64x48xf32>
// CHECK:         nn.packed_matmul {{.*}} columns 64 : tensor<128x64xf32>, tensor<1x64x64xf32>
// CHECK:         nn.packed_matmul {{.*}} columns 5 : tensor<128x64xf32>, tensor<1x64x16xf32>
func.func @panels(%x: tensor<1x64xf32>, %y: tensor<128x64xf32>) -> (tensor<1x768xf32>, tensor<128x768xf32>, tensor<128x64xf32>, tensor<128x5xf32>) {
  %u = nn.constant dense<1.0> : tensor<64x768xf32>
  %v = nn.constant dense<2.0> : tensor<64x64xf32>
  %w = nn.constant dense<3.0> : tensor<64x5xf32>
  %0 = nn.matmul %x, %u : tensor<1x64xf32>, tensor<64x768xf32> -> tensor<1x768xf32>
  %1 = nn.matmul %y, %u : tensor<128x64xf32>, tensor<64x768xf32> -> tensor<128x768xf32>
  %2 = nn.matmul %y, %v : tensor<128x64xf32>, tensor<64x64xf32> -> tensor<128x64xf32>
  %3 = nn.matmul %y, %w : tensor<128x64xf32>, tensor<64x5xf32> -> tensor<128x5xf32>
  return %0, %1, %2, %3 : tensor<1x768xf32>, tensor<128x768xf32>, tensor<128x64xf32>, tensor<128x5xf32>
}

// Weights that are stored transposed are packed as they lie.
// CHECK-LABEL: @transposed
// CHECK:         %[[W:.*]] = nn.constant {{.*}} : tensor<20x8xf32>
// CHECK:         %[[P:.*]] = nn.pack %[[W]] dims [0] blocks [32] order [0, 1] : tensor<20x8xf32> -> tensor<1x8x32xf32>
// CHECK:         nn.packed_matmul %{{.*}}, %[[P]] columns 20
func.func @transposed(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %w = nn.constant dense<"0x0000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E04000000041"> : tensor<20x8xf32>
  %t = nn.transpose %w [1, 0] : tensor<20x8xf32> -> tensor<8x20xf32>
  %0 = nn.matmul %x, %t : tensor<?x8xf32>, tensor<8x20xf32> -> tensor<?x20xf32>
  return %0 : tensor<?x20xf32>
}

// Batch and sequence are rows of one product; so are they for what follows, and for the next product.
// CHECK-LABEL: @merged
// CHECK-SAME:    (%[[X:.*]]: tensor<?x7x8xf32>)
// CHECK-DAG:     %[[X2:.*]] = nn.reshape %[[X]] to [-1, 8]
// CHECK:         %[[P:.*]] = nn.packed_matmul %[[X2]]
// CHECK:         %[[A:.*]] = nn.add %{{.*}}, %[[P]] : tensor<8xf32>, tensor<?x8xf32>
// CHECK:         %[[R:.*]] = nn.add %[[A]], %[[X2]] : tensor<?x8xf32>, tensor<?x8xf32>
// CHECK:         %[[Q:.*]] = nn.packed_matmul %[[R]]
// CHECK:         %[[Y:.*]] = nn.reshape %[[Q]] to [-1, 7, 8]
// CHECK:         return %[[Y]]
func.func @merged(%x: tensor<?x7x8xf32>) -> tensor<?x7x8xf32> {
  %w = nn.constant dense<1.0> : tensor<8x8xf32>
  %b = nn.constant dense<[[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]]> : tensor<1x1x8xf32>
  %0 = nn.matmul %x, %w : tensor<?x7x8xf32>, tensor<8x8xf32> -> tensor<?x7x8xf32>
  %1 = nn.add %b, %0 : tensor<1x1x8xf32>, tensor<?x7x8xf32> -> tensor<?x7x8xf32>
  %2 = nn.add %1, %x : tensor<?x7x8xf32>, tensor<?x7x8xf32> -> tensor<?x7x8xf32>
  %3 = nn.matmul %2, %w : tensor<?x7x8xf32>, tensor<8x8xf32> -> tensor<?x7x8xf32>
  return %3 : tensor<?x7x8xf32>
}

// Two dynamic dims: the sizes come from where they are known.
// CHECK-LABEL: @two_dims
// CHECK-DAG:     %[[B:.*]] = tensor.dim %[[X:.*]], %c0
// CHECK-DAG:     %[[S:.*]] = tensor.dim %[[X]], %c1
// CHECK:         nn.reshape %{{.*}} to [%[[B]], %[[S]], 4] : tensor<?x4xf32> -> tensor<?x?x4xf32>
func.func @two_dims(%x: tensor<?x?x8xf32>) -> tensor<?x?x4xf32> {
  %w = nn.constant dense<1.0> : tensor<8x4xf32>
  %0 = nn.matmul %x, %w : tensor<?x?x8xf32>, tensor<8x4xf32> -> tensor<?x?x4xf32>
  %1 = nn.relu %0 : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
  return %1 : tensor<?x?x4xf32>
}

// Layer normalisation's sums and what follows stay matrices, too.
// CHECK-LABEL: @normalized
// CHECK:         %[[P:.*]] = nn.packed_matmul
// CHECK:         %[[M:.*]] = nn.reduce mean %[[P]] axes [1] keepdims : tensor<14x8xf32> -> tensor<14x1xf32>
// CHECK:         %[[C:.*]] = nn.sub %[[P]], %[[M]] : tensor<14x8xf32>, tensor<14x1xf32>
// CHECK:         %[[S:.*]] = nn.softmax %[[C]] axis 1 : tensor<14x8xf32>
// CHECK:         nn.reshape %[[S]] to [2, 7, 8]
func.func @normalized(%x: tensor<2x7x8xf32>) -> tensor<2x7x8xf32> {
  %w = nn.constant dense<1.0> : tensor<8x8xf32>
  %0 = nn.matmul %x, %w : tensor<2x7x8xf32>, tensor<8x8xf32> -> tensor<2x7x8xf32>
  %1 = nn.reduce mean %0 axes [2] keepdims : tensor<2x7x8xf32> -> tensor<2x7x1xf32>
  %2 = nn.sub %0, %1 : tensor<2x7x8xf32>, tensor<2x7x1xf32> -> tensor<2x7x8xf32>
  %3 = nn.softmax %2 axis 2 : tensor<2x7x8xf32> -> tensor<2x7x8xf32>
  return %3 : tensor<2x7x8xf32>
}

// Four rows and a panel of six registers leave one for what is multiplied.
// CHECK-LABEL: @few_rows
// CHECK:         nn.packed_matmul {{.*}} columns 768 : tensor<4x64xf32>, tensor<8x64x96xf32>
func.func @few_rows(%x: tensor<4x64xf32>) -> tensor<4x768xf32> {
  %w = nn.constant dense<1.0> : tensor<64x768xf32>
  %0 = nn.matmul %x, %w : tensor<4x64xf32>, tensor<64x768xf32> -> tensor<4x768xf32>
  return %0 : tensor<4x768xf32>
}

// One row keeps its dim, though it has the shape of one value for each column.
// CHECK-LABEL: @one_row
// CHECK:         %[[P:.*]] = nn.packed_matmul
// CHECK:         nn.add %[[P]], %{{.*}} : tensor<1x5xf32>, tensor<5xf32> -> tensor<1x5xf32>
func.func @one_row(%x: tensor<1x1x8xf32>, %b: tensor<5xf32>) -> tensor<1x1x5xf32> {
  %w = nn.constant dense<1.0> : tensor<8x5xf32>
  %0 = nn.matmul %x, %w : tensor<1x1x8xf32>, tensor<8x5xf32> -> tensor<1x1x5xf32>
  %1 = nn.add %0, %b : tensor<1x1x5xf32>, tensor<5xf32> -> tensor<1x1x5xf32>
  return %1 : tensor<1x1x5xf32>
}
