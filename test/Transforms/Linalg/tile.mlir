// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work items, and register tiles of static size inside them. Sizes follow from the CPU: with 32 registers of 16 floats,
// a tile of 4 vectors has 6 rows (6*4 sums, a row of 4, a broadcast value); with 16 of 8 floats, 2 rows.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v4 -canonicalize -cse -split-input-file | FileCheck %s --check-prefixes=CHECK,V4
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v3 -canonicalize -cse -split-input-file | FileCheck %s --check-prefixes=CHECK,V3

// A matrix that tiles divide: no copies of the body, no dynamic size. The fill comes into the tile.
// CHECK-LABEL: @matmul
// CHECK-SAME: %[[A:[^:]*]]: tensor<48x64xf32> {{[^%]*}}%[[B:[^:]*]]: tensor<64x128xf32> {{[^%]*}}%[[OUT:[^:]*]]: tensor<48x128xf32>
// CHECK: scf.forall {{.*}} shared_outs(%{{.*}} = %[[OUT]])
// CHECK: scf.for
// V4: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<6x64xf32>
// V4: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<6x64xf32>, tensor<64x64xf32>) outs(%[[ZERO]]
// V3: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<2x32xf32>
// V3: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x64xf32>, tensor<64x32xf32>) outs(%[[ZERO]]
// CHECK-NOT: linalg.generic
// CHECK: tensor.parallel_insert_slice
func.func @matmul(%a: tensor<48x64xf32>, %b: tensor<64x128xf32>) -> tensor<48x128xf32> {
  %0 = nn.matmul %a, %b : tensor<48x64xf32>, tensor<64x128xf32> -> tensor<48x128xf32>
  return %0 : tensor<48x128xf32>
}

// -----

// 50 rows are tiles of 6 and one of 2; 100 columns a tile of 64 and one of 36: four kinds of bodies, all static.
// CHECK-LABEL: @remainders
// V4: scf.forall
// V4: scf.if
// V4-DAG: linalg.generic {{.*}} ins(%{{.*}} : tensor<6x64xf32>, tensor<64x64xf32>)
// V4-DAG: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x64xf32>, tensor<64x64xf32>)
// V4-DAG: linalg.generic {{.*}} ins(%{{.*}} : tensor<6x64xf32>, tensor<64x36xf32>)
// V4-DAG: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x64xf32>, tensor<64x36xf32>)
// CHECK-NOT: linalg.generic {{.*}} tensor<{{[0-9x]*}}?
func.func @remainders(%a: tensor<50x64xf32>, %b: tensor<64x100xf32>) -> tensor<50x100xf32> {
  %0 = nn.matmul %a, %b : tensor<50x64xf32>, tensor<64x100xf32> -> tensor<50x100xf32>
  return %0 : tensor<50x100xf32>
}

// -----

// A number of rows that is not known: whole tiles, then smaller ones, then single rows.
// CHECK-LABEL: @dynamic_rows
// CHECK-SAME: %[[OUT:[^:]*]]: tensor<?x64xf32> {bufferization.writable = true}
// CHECK: %[[N:.*]] = tensor.dim %[[OUT]], %c0
// CHECK: scf.forall
// V4: scf.for
// V4: linalg.generic {{.*}} ins(%{{.*}} : tensor<6x64xf32>, tensor<64x64xf32>)
// V4: scf.for
// V4: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x64xf32>, tensor<64x64xf32>)
// V3: scf.for
// V3: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x64xf32>, tensor<64x32xf32>)
// V3: scf.for
// V3: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x64xf32>, tensor<64x32xf32>)
// CHECK-NOT: linalg.generic
func.func @dynamic_rows(%a: tensor<?x64xf32>, %b: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %0 = nn.matmul %a, %b : tensor<?x64xf32>, tensor<64x64xf32> -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// What follows a product is computed on its tile: nothing is stored between.
// CHECK-LABEL: @epilogue
// CHECK: scf.forall
// V4: %[[SUM:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<6x64xf32>, tensor<64x64xf32>)
// V4: linalg.generic {{.*}} ins(%[[SUM]], %{{.*}} : tensor<6x64xf32>, tensor<64xf32>)
// V3: %[[SUM:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<2x64xf32>, tensor<64x32xf32>)
// V3: linalg.generic {{.*}} ins(%[[SUM]], %{{.*}} : tensor<2x32xf32>, tensor<32xf32>)
// CHECK: scf.forall.in_parallel
func.func @epilogue(%a: tensor<48x64xf32>, %b: tensor<64x128xf32>, %c: tensor<128xf32>) -> tensor<48x128xf32> {
  %0 = nn.matmul %a, %b : tensor<48x64xf32>, tensor<64x128xf32> -> tensor<48x128xf32>
  %1 = nn.mul %0, %c : tensor<48x128xf32>, tensor<128xf32> -> tensor<48x128xf32>
  return %1 : tensor<48x128xf32>
}

// -----

// A bias is computed on a tile, too, and the sums of the tile start from it.
// CHECK-LABEL: @bias
// CHECK: scf.forall
// V4: %[[START:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<64xf32>) outs({{.*}} tensor<6x64xf32>)
// V4: linalg.generic {{.*}} outs(%[[START]] : tensor<6x64xf32>)
// V3: %[[START:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<32xf32>) outs({{.*}} tensor<2x32xf32>)
// V3: linalg.generic {{.*}} outs(%[[START]] : tensor<2x32xf32>)
func.func @bias(%a: tensor<48x64xf32>, %b: tensor<64x128xf32>, %c: tensor<128xf32>) -> tensor<48x128xf32> {
  %0 = nn.matmul %a, %b : tensor<48x64xf32>, tensor<64x128xf32> -> tensor<48x128xf32>
  %1 = nn.add %0, %c : tensor<48x128xf32>, tensor<128xf32> -> tensor<48x128xf32>
  return %1 : tensor<48x128xf32>
}

// -----

// Rows of a softmax stay whole: the largest element, exponentials, their sum and quotients, of the same few rows. The
// exponentials lie where the result goes.
// CHECK-LABEL: @softmax
// CHECK: scf.forall
// CHECK: scf.for
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[ROWS:.*]] : tensor<[[R:[0-9]+]]x40xf32>) outs(%{{.*}} : tensor<[[R]]xf32>)
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%[[ROWS]], %[[MAX]] : tensor<[[R]]x40xf32>, tensor<[[R]]xf32>)
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[EXP]] : tensor<[[R]]x40xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<[[R]]xf32>) outs(%[[EXP]] : tensor<[[R]]x40xf32>)
// CHECK-NOT: linalg.generic {{.*}} tensor<{{[0-9x]*}}?
func.func @softmax(%a: tensor<50x40xf32>) -> tensor<50x40xf32> {
  %0 = nn.softmax %a axis 1 : tensor<50x40xf32> -> tensor<50x40xf32>
  return %0 : tensor<50x40xf32>
}

// -----

// Rows too long for the registers are read again from the first cache: as many as a quarter of it holds, so that one
// row's horizontal step is hidden by another's loop.
// CHECK-LABEL: @long_rows
// CHECK: scf.forall (%{{.*}}) in (64)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x1024xf32>) outs(%{{.*}} : tensor<2xf32>)
func.func @long_rows(%a: tensor<128x1024xf32>) -> tensor<128x1024xf32> {
  %0 = nn.softmax %a axis 1 : tensor<128x1024xf32> -> tensor<128x1024xf32>
  return %0 : tensor<128x1024xf32>
}

// -----

// Elementwise work of an unknown size: items of many elements, of which the last one is as long as is left.
// CHECK: #[[ITEMS:.*]] = affine_map<()[s0] -> (s0 ceildiv [[ITEM:[0-9]+]])>
// CHECK: #[[LEFT:.*]] = affine_map<(d0)[s0] -> (d0 * -[[ITEM]] + s0, [[ITEM]])>
// CHECK-LABEL: @elementwise
// CHECK: %[[N:.*]] = tensor.dim
// CHECK: %[[GRID:.*]] = affine.apply #[[ITEMS]]()[%[[N]]]
// CHECK: scf.forall (%[[I:.*]]) in (%[[GRID]])
// CHECK: affine.min #[[LEFT]](%[[I]])[%[[N]]]
// CHECK: linalg.generic
func.func @elementwise(%a: tensor<?xf32>) -> tensor<?xf32> {
  %0 = nn.exp %a : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A blocked convolution: an item and a tile are some pixels of one row and one block of filters.
// CHECK-LABEL: @blocked_conv
// CHECK-SAME: tensor<1x2x28x28x32xf32> {bufferization.writable = true}
// V4: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (2, 28, 2)
// V4: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<1x1x1x14x32xf32>
// V4: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x3x16x16xf32>, tensor<1x2x3x3x16x32xf32>) outs(%[[ZERO]]
// V3: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<1x1x1x2x32xf32>
// V3: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x3x4x16xf32>, tensor<1x2x3x3x16x32xf32>) outs(%[[ZERO]]
// CHECK-NOT: linalg.generic
func.func @blocked_conv(%x: tensor<1x2x30x30x16xf32>, %w: tensor<2x2x3x3x16x32xf32>) -> tensor<1x2x28x28x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x2x30x30x16xf32>, tensor<2x2x3x3x16x32xf32>) -> tensor<1x2x28x28x32xf32>
  return %0 : tensor<1x2x28x28x32xf32>
}

// -----

// A picture of one column: the tile's pixels are one below the other.
// CHECK-LABEL: @one_column
// V4: linalg.fill {{.*}} -> tensor<1x1x14x1x32xf32>
// V4: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x18x1x16xf32>, tensor<1x2x5x1x16x32xf32>)
func.func @one_column(%x: tensor<1x2x46x1x16xf32>, %w: tensor<2x2x5x1x16x32xf32>) -> tensor<1x2x42x1x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x2x46x1x16xf32>, tensor<2x2x5x1x16x32xf32>) -> tensor<1x2x42x1x32xf32>
  return %0 : tensor<1x2x42x1x32xf32>
}

// -----

// Work that is less than an item's is not cut; a scalar has nothing to cut.
// CHECK-LABEL: @small
// CHECK-NOT: scf.forall
// CHECK-LABEL: @scalar
// CHECK-NOT: scf.forall
func.func @small(%x: tensor<7x9xf32>) -> tensor<7x9xf32> {
  %0 = nn.relu %x : tensor<7x9xf32> -> tensor<7x9xf32>
  return %0 : tensor<7x9xf32>
}
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %0 = nn.relu %x : tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// A product whose batch may be broadcast has register tiles as any other.
// CHECK-LABEL: @matmul_broadcast
// V4: linalg.fill {{.*}} -> tensor<1x8x48xf32>
// V4: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x8x48xf32>)
func.func @matmul_broadcast(%n: index, %m: index, %a: tensor<?x64x32xf32> {exec.shape = affine_map<()[s0, s1] -> (s0, 64, 32)>},
                            %b: tensor<?x32x48xf32> {exec.shape = affine_map<()[s0, s1] -> (s1, 32, 48)>}) -> tensor<?x64x48xf32> {
  %0 = nn.matmul %a, %b : tensor<?x64x32xf32>, tensor<?x32x48xf32> -> tensor<?x64x48xf32>
  return %0 : tensor<?x64x48xf32>
}
