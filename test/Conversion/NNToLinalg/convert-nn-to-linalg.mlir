// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-linalg -split-input-file | FileCheck %s

// The result is written into a trailing argument; what is between gets a tensor of its own, as large as the dim says.
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @broadcast
// CHECK-SAME: %[[N:.*]]: index {{.*}}, %[[A:.*]]: tensor<?x4xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
// CHECK-SAME: %[[OUT:.*]]: tensor<?x4xf32> {bufferization.writable = true}
func.func @broadcast(%n: index, %a: tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>}, %b: tensor<4xf32>)
    -> tensor<?x4xf32> {
  // CHECK: %[[TEMPORARY:.*]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[LAST]], #[[ALL]]]
  // CHECK-SAME: ins(%[[A]], %[[B]] : {{.*}}) outs(%[[TEMPORARY]]
  // CHECK: arith.addf
  // CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : {{.*}}) outs(%[[OUT]]
  // CHECK: math.exp
  // CHECK: return %[[EXP]]
  %0 = nn.add %a, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = nn.exp %0 : tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// Bits are taken as they lie in memory: of bytes, nothing is left to do.
// CHECK-LABEL: @bits
func.func @bits(%a: tensor<3xf32>, %b: tensor<3xf8E4M3FN>) -> (tensor<3xui32>, tensor<3xi8>) {
  // CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : f32 to i32
  // CHECK-NEXT: linalg.yield %[[BITS]] : i32
  %0 = nn.bitcast %a {to = ui32} : tensor<3xf32> -> tensor<3xui32>
  // CHECK: ^bb0(%[[BYTE:.*]]: i8, %{{.*}}: i8):
  // CHECK-NEXT: linalg.yield %[[BYTE]] : i8
  %1 = nn.bitcast %b {to = i8} : tensor<3xf8E4M3FN> -> tensor<3xi8>
  return %0, %1 : tensor<3xui32>, tensor<3xi8>
}

// -----

// Ten rounds of two products.
// CHECK-LABEL: @random
func.func @random(%a: tensor<3xui64>, %b: tensor<ui64>) -> tensor<3xui64> {
  // CHECK-COUNT-20: arith.muli %{{.*}}, %{{.*}} : i64
  // CHECK-NOT: arith.muli
  // CHECK: arith.ori
  %0 = nn.random_bits %a, %b, %b half 0 : tensor<3xui64>, tensor<ui64>, tensor<ui64> -> tensor<3xui64>
  return %0 : tensor<3xui64>
}

// -----

// A boolean takes a byte in memory and a bit in arithmetic; an unsigned integer is signless, its ops are unsigned.
// CHECK-LABEL: @element_types
// CHECK-SAME: %[[P:.*]]: tensor<3xi8> {{.*}}, %[[U:.*]]: tensor<3xi16>
func.func @element_types(%p: tensor<3xi1>, %u: tensor<3xui16>) -> (tensor<3xi1>, tensor<3xui16>) {
  // CHECK: %[[BIT:.*]] = arith.trunci %{{.*}} : i8 to i1
  // CHECK: %[[NOT:.*]] = arith.xori %[[BIT]], %true
  // CHECK: arith.extui %[[NOT]] : i1 to i8
  %0 = nn.not %p : tensor<3xi1> -> tensor<3xi1>
  // CHECK: arith.divui
  %1 = nn.div %u, %u : tensor<3xui16>, tensor<3xui16> -> tensor<3xui16>
  return %0, %1 : tensor<3xi1>, tensor<3xui16>
}

// -----

// Less than a byte takes one, of which only the low bits are read; the others are written as zeros.
// CHECK-LABEL: @nibbles
// CHECK-SAME: %[[X:[^:]*]]: tensor<3xi8> {{.*}}, %{{.*}}: tensor<3xi8>
func.func @nibbles(%x: tensor<3xi4>) -> (tensor<3xui4>, tensor<3xf32>) {
  // CHECK: %[[LOW:.*]] = arith.trunci %{{.*}} : i8 to i4
  // CHECK: arith.extui %[[LOW]] : i4 to i8
  %0 = nn.cast %x {to = ui4} : tensor<3xi4> -> tensor<3xui4>
  // CHECK: %[[LOW:.*]] = arith.trunci %{{.*}} : i8 to i4
  // CHECK: arith.sitofp %[[LOW]] : i4 to f32
  %1 = nn.cast %x {to = f32} : tensor<3xi4> -> tensor<3xf32>
  return %0, %1 : tensor<3xui4>, tensor<3xf32>
}

// -----

// Floats of a byte and less are bits in memory and f32 in arithmetic, which integer arithmetic makes of them.
// CHECK-LABEL: @small_floats
// CHECK-SAME: %[[X:[^:]*]]: tensor<3xi8> {{.*}}, %[[S:[^:]*]]: tensor<3xi8>
// CHECK-NOT: f8E4M3FN
func.func @small_floats(%x: tensor<3xf8E4M3FN>, %scale: tensor<3xf8E8M0FNU>) -> tensor<3xf8E4M3FN> {
  // CHECK: %[[F:.*]] = arith.bitcast %{{.*}} : i32 to f32
  // CHECK: linalg.yield %[[F]]
  %0 = nn.cast %scale {to = f32} : tensor<3xf8E8M0FNU> -> tensor<3xf32>
  // CHECK: arith.mulf %{{.*}} : f32
  // CHECK: arith.trunci %{{.*}} : i32 to i8
  %1 = nn.cast %0 {to = f8E4M3FN} : tensor<3xf32> -> tensor<3xf8E4M3FN>
  %2 = nn.mul %x, %1 : tensor<3xf8E4M3FN>, tensor<3xf8E4M3FN> -> tensor<3xf8E4M3FN>
  return %2 : tensor<3xf8E4M3FN>
}

// -----

// A conversion to integers that does not fit, a quotient that there is none of and a shift by too much are numbers too.
// CHECK-LABEL: @defined
func.func @defined(%x: tensor<3xf32>, %a: tensor<3xi32>, %b: tensor<3xi32>) -> (tensor<3xi32>, tensor<3xi32>, tensor<3xi32>) {
  // CHECK: %[[GOOD:.*]] = arith.cmpf olt
  // CHECK: %[[SAFE:.*]] = arith.select %[[GOOD]], %{{.*}}, %{{.*}} : f32
  // CHECK: %[[NUMBER:.*]] = arith.fptosi %[[SAFE]]
  // CHECK: arith.select %[[GOOD]], %[[NUMBER]], %c-2147483648{{.*}} : i32
  %0 = nn.cast %x {to = i32} : tensor<3xf32> -> tensor<3xi32>
  // CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[B:.*]], %c0
  // CHECK: %[[UNFIT:.*]] = arith.ori %[[ZERO]]
  // CHECK: %[[DIVISOR:.*]] = arith.select %[[UNFIT]], %c1{{.*}}, %[[B]]
  // CHECK: %[[QUOTIENT:.*]] = arith.divsi %{{.*}}, %[[DIVISOR]]
  // CHECK: arith.select %[[ZERO]], %c0{{.*}}, %[[QUOTIENT]]
  %1 = nn.div %a, %b : tensor<3xi32>, tensor<3xi32> -> tensor<3xi32>
  // CHECK: %[[FITS:.*]] = arith.cmpi ult, %[[BY:.*]], %c32
  // CHECK: %[[LESS:.*]] = arith.select %[[FITS]], %[[BY]], %c31
  // CHECK: arith.shrsi %{{.*}}, %[[LESS]]
  %2 = nn.shift_right %a, %b : tensor<3xi32>, tensor<3xi32> -> tensor<3xi32>
  return %0, %1, %2 : tensor<3xi32>, tensor<3xi32>, tensor<3xi32>
}

// -----

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: @matmul
func.func @matmul(%a: tensor<2x5x7xf32>, %b: tensor<7x3xf32>) -> tensor<2x5x3xf32> {
  // CHECK: %[[ZERO:.*]] = linalg.fill
  // CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[RESULT]]],
  // CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction"]
  // CHECK-SAME: outs(%[[ZERO]]
  %0 = nn.matmul %a, %b : tensor<2x5x7xf32>, tensor<7x3xf32> -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// -----

// Sums start from a bias, and are computed in blocks.
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @matmul_bias
// CHECK-SAME: %[[BIAS:[^:]*]]: tensor<3xf32>
func.func @matmul_bias(%bias: tensor<3xf32>, %a: tensor<5x700xf32>, %b: tensor<700x3xf32>) -> tensor<5x3xf32> {
  // CHECK: %[[START:.*]] = linalg.generic {indexing_maps = [#[[COLUMN]], {{.*}} ins(%[[BIAS]]
  // CHECK: %[[SUM:.*]] = linalg.generic {{.*}} outs(%[[START]] {{.*}} attrs = {exec.sum_block = 128 : i64}
  // CHECK: return %[[SUM]]
  %0 = nn.matmul %a, %b : tensor<5x700xf32>, tensor<700x3xf32> -> tensor<5x3xf32>
  %1 = nn.add %bias, %0 : tensor<3xf32>, tensor<5x3xf32> -> tensor<5x3xf32>
  return %1 : tensor<5x3xf32>
}

// -----

// What is added row by row, or is read elsewhere as a product, is no bias.
// CHECK-LABEL: @matmul_plus
func.func @matmul_plus(%row: tensor<5x3xf32>, %a: tensor<5x7xf32>, %b: tensor<7x3xf32>) -> tensor<5x3xf32> {
  // CHECK: linalg.fill
  // CHECK: arith.addf {{.*}}
  // CHECK: arith.addf
  %0 = nn.matmul %a, %b : tensor<5x7xf32>, tensor<7x3xf32> -> tensor<5x3xf32>
  %1 = nn.add %0, %row : tensor<5x3xf32>, tensor<5x3xf32> -> tensor<5x3xf32>
  return %1 : tensor<5x3xf32>
}

// -----

// Batch dims that may be broadcast, which shows at run time only, are chosen in the body. An empty tensor says how far
// the sum goes.
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: @matmul_broadcast
// CHECK-SAME: %[[N:[^:]*]]: index {{[^%]*}}%[[M:[^:]*]]: index {{[^%]*}}%[[A:[^:]*]]: tensor<?x5x7xf32>
// CHECK-SAME: %[[B:[^:]*]]: tensor<?x7x3xf32>
func.func @matmul_broadcast(%n: index, %m: index, %a: tensor<?x5x7xf32> {exec.shape = affine_map<()[s0, s1] -> (s0, 5, 7)>},
                            %b: tensor<?x7x3xf32> {exec.shape = affine_map<()[s0, s1] -> (s1, 7, 3)>}) -> tensor<?x5x3xf32> {
  // CHECK: %[[ONE_A:.*]] = arith.cmpi eq, %[[N]], %c1
  // CHECK: %[[ONE_B:.*]] = arith.cmpi eq, %[[M]], %c1
  // CHECK: %[[EXTENT:.*]] = tensor.empty() : tensor<7xi8>
  // CHECK: linalg.generic {indexing_maps = [#[[K]], #[[RESULT]]]
  // CHECK-SAME: ins(%[[EXTENT]]
  // CHECK: %[[BATCH:.*]] = linalg.index 0
  // CHECK: %[[AT:.*]] = arith.select %[[ONE_A]], %c0{{.*}}, %[[BATCH]]
  // CHECK: tensor.extract %[[A]][%[[AT]],
  // CHECK: arith.select %[[ONE_B]]
  // CHECK: tensor.extract %[[B]]
  %0 = nn.matmul %a, %b : tensor<?x5x7xf32>, tensor<?x7x3xf32> -> tensor<?x5x3xf32>
  return %0 : tensor<?x5x3xf32>
}

// -----

// The largest element starts at -inf and is subtracted before exp. It may leave a NaN out: its exponential makes the row NaN.
// CHECK-LABEL: @softmax
func.func @softmax(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  // CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: linalg.fill ins(%[[LOWEST]]
  // CHECK: arith.maxnumf
  // CHECK: arith.subf
  // CHECK: math.exp
  // CHECK: arith.addf
  // CHECK: arith.divf
  %0 = nn.softmax %x axis 1 : tensor<3x5xf32> -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// -----

// What is returned without being computed is copied into the output.
// CHECK-LABEL: @argument
// CHECK-SAME: %[[X:.*]]: tensor<4xf32> {{.*}}, %[[OUT:.*]]: tensor<4xf32>
func.func @argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[COPY:.*]] = linalg.{{.*}} ins(%[[X]] : tensor<4xf32>) outs(%[[OUT]]
  // CHECK: return %[[COPY]]
  return %x : tensor<4xf32>
}

// -----

// Element i of a backward slice is read at 5 - 2 i.
// CHECK: affine_map<()[s0] -> (s0 * -2 + 5)>
// CHECK-LABEL: @slice
func.func @slice(%x: tensor<6xf32>) -> tensor<3xf32> {
  // CHECK: tensor.extract
  %0 = nn.slice %x offsets [5] sizes [3] steps [-2] : tensor<6xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
