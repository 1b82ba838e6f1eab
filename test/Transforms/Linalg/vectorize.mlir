// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linalg ops as vectors of 16 floats: how operands are read, what stays in registers, and what is done with the rest.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-vectorize=cpu=x86-64-v4 -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @contiguous
// CHECK-SAME: %[[X:[^:]*]]: tensor<16xf32> {{[^%]*}}%[[Y:[^:]*]]: tensor<16xf32> {{[^%]*}}%[[OUT:[^:]*]]: tensor<16xf32>
// CHECK-DAG: %[[A:.*]] = vector.transfer_read %[[X]][%c0], {{.*}} vector<16xf32>
// CHECK-DAG: %[[B:.*]] = vector.transfer_read %[[Y]][%c0], {{.*}} vector<16xf32>
// CHECK: %[[SUM:.*]] = arith.addf %[[A]], %[[B]] : vector<16xf32>
// CHECK: %[[DONE:.*]] = vector.transfer_write %[[SUM]], %[[OUT]][%c0]
// CHECK: return %[[DONE]]
func.func @contiguous(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = nn.add %x, %y : tensor<16xf32>, tensor<16xf32> -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// An operand that does not depend on the vector's dim is one scalar, broadcast.
// CHECK-LABEL: @broadcast
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x1xf32> {{[^%]*}}%[[Y:[^:]*]]: tensor<16xf32>
// CHECK: %[[S:.*]] = tensor.extract %[[X]][%c0, %c0]
// CHECK: %[[A:.*]] = vector.broadcast %[[S]] : f32 to vector<16xf32>
// CHECK: arith.subf %[[A]], %{{.*}} : vector<16xf32>
// CHECK: %[[T:.*]] = tensor.extract %[[X]][%c1, %c0]
// CHECK: %[[B:.*]] = vector.broadcast %[[T]] : f32 to vector<16xf32>
// CHECK: arith.subf %[[B]], %{{.*}} : vector<16xf32>
func.func @broadcast(%x: tensor<2x1xf32>, %y: tensor<16xf32>) -> tensor<2x16xf32> {
  %0 = nn.sub %x, %y : tensor<2x1xf32>, tensor<16xf32> -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----

// An operand that lies across is gathered, element by element: 0, 0 to 3, 0; then one vector is written.
// CHECK-LABEL: @gather
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x1xf32>
// CHECK-DAG: %[[A:.*]] = tensor.extract %[[X]][%c0, %c0]
// CHECK-DAG: %[[B:.*]] = tensor.extract %[[X]][%c1, %c0]
// CHECK-DAG: %[[C:.*]] = tensor.extract %[[X]][%c2, %c0]
// CHECK-DAG: %[[D:.*]] = tensor.extract %[[X]][%c3, %c0]
// CHECK: %[[V:.*]] = vector.from_elements %[[A]], %[[B]], %[[C]], %[[D]] : vector<4xf32>
// CHECK: vector.transfer_write %[[V]]
func.func @gather(%x: tensor<4x1xf32>) -> tensor<1x4xf32> {
  %0 = nn.transpose %x [1, 0] : tensor<4x1xf32> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// 37 elements are two vectors and one of 5.
// CHECK-LABEL: @static_tail
// CHECK-DAG: vector.transfer_write {{.*}}[%c0] {{.*}} : vector<16xf32>
// CHECK-DAG: vector.transfer_write {{.*}}[%c16] {{.*}} : vector<16xf32>
// CHECK-DAG: vector.transfer_write {{.*}}[%c32] {{.*}} : vector<5xf32>
// CHECK-NOT: vector.create_mask
func.func @static_tail(%x: tensor<37xf32>) -> tensor<37xf32> {
  %0 = nn.neg %x : tensor<37xf32> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}

// -----

// A size that is not known: four vectors at a time, one at a time, and the rest under a mask.
// CHECK-DAG: #[[FOURS:.*]] = affine_map<()[s0] -> ((s0 floordiv 64) * 64)>
// CHECK-DAG: #[[ONES:.*]] = affine_map<()[s0] -> ((s0 floordiv 16) * 16)>
// CHECK-LABEL: @dynamic_tail
// CHECK: %[[N:.*]] = tensor.dim
// CHECK-DAG: %[[TO4:.*]] = affine.apply #[[FOURS]]()[%[[N]]]
// CHECK-DAG: %[[TO1:.*]] = affine.apply #[[ONES]]()[%[[N]]]
// CHECK: scf.for %{{.*}} = %c0 to %[[TO4]] step %c64
// CHECK-COUNT-4: arith.negf {{.*}} : vector<16xf32>
// CHECK: scf.for %{{.*}} = %[[TO4]] to %[[TO1]] step %c16
// CHECK: arith.negf {{.*}} : vector<16xf32>
// CHECK: %[[REST:.*]] = arith.subi %[[N]], %[[TO1]]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[REST]] : vector<16xi1>
// CHECK: vector.transfer_read {{.*}}, %[[MASK]]
// CHECK: vector.transfer_write {{.*}}, %[[MASK]]
func.func @dynamic_tail(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = nn.neg %x : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Along the row that is summed: 16 partial sums of 32 elements, 9 of the last 9, both added up.
// CHECK-LABEL: @static_sum
// CHECK: vector.transfer_read {{.*}}[%c0, %c0], {{.*}} vector<16xf32>
// CHECK: vector.transfer_read {{.*}}[%c0, %c16], {{.*}} vector<16xf32>
// CHECK: vector.transfer_read {{.*}}[%c0, %c32], {{.*}} vector<9xf32>
// CHECK-DAG: %[[A:.*]] = vector.reduction <add>, {{.*}} vector<16xf32> into f32
// CHECK-DAG: %[[B:.*]] = vector.reduction <add>, {{.*}} vector<9xf32> into f32
// CHECK: arith.addf %{{.*}}, %{{.*}} : f32
// CHECK: tensor.insert
func.func @static_sum(%x: tensor<1x41xf32>) -> tensor<1xf32> {
  %0 = nn.reduce sum %x axes [1] : tensor<1x41xf32> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// Partial results that a mask leaves out are the ones from before: a filling of 0 would be wrong for a largest element.
// CHECK-LABEL: @dynamic_max
// CHECK: %[[LOWEST:.*]] = arith.constant dense<0xFF800000> : vector<16xf32>
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[LOWEST]], %{{.*}} = %[[LOWEST]]
// CHECK-COUNT-4: arith.maximumf {{.*}} : vector<16xf32>
// CHECK: %[[BEFORE:.*]] = scf.for {{.*}} step %c16 iter_args
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: %[[REST:.*]] = vector.transfer_read {{.*}}, %[[MASK]]
// CHECK: %[[WITH:.*]] = arith.maximumf %[[BEFORE]], %[[REST]]
// CHECK: arith.select %[[MASK]], %[[WITH]], %[[BEFORE]]
// CHECK: vector.reduction <maximumf>
func.func @dynamic_max(%x: tensor<1x?xf32>) -> tensor<1xf32> {
  %0 = nn.reduce max %x axes [1] : tensor<1x?xf32> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// Where no NaN is met, a maximum starts from -infinity (0xFF800000), and all its steps keep the flag.
// CHECK-LABEL: @dynamic_max_of_numbers
// CHECK: arith.constant dense<0xFF800000> : vector<16xf32>
// CHECK: arith.maxnumf {{.*}} fastmath<nnan> : vector<16xf32>
// CHECK: vector.reduction <maxnumf>, {{.*}} fastmath<{{.*}}nnan{{.*}}> : vector<16xf32> into f32
func.func @dynamic_max_of_numbers(%x: tensor<1x?xf32>) -> tensor<1xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1xf32>
  %i = linalg.fill ins(%low : f32) outs(%e : tensor<1xf32>) -> tensor<1xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<1x?xf32>) outs(%i : tensor<1xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.maxnumf %b, %a fastmath<nnan> : f32
    linalg.yield %1 : f32
  } -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// Along rows that are added to each other, sums are loop-carried vectors: no horizontal step.
// CHECK-LABEL: @columns
// CHECK: %[[SUMS:.*]]:2 = scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}) -> (vector<16xf32>, vector<16xf32>)
// CHECK-DAG: arith.addf %[[A]], %{{.*}} : vector<16xf32>
// CHECK-DAG: arith.addf %[[B]], %{{.*}} : vector<16xf32>
// CHECK: scf.yield
// CHECK-NOT: vector.reduction
// CHECK: vector.transfer_write %[[SUMS]]#0
// CHECK: vector.transfer_write %[[SUMS]]#1
func.func @columns(%x: tensor<?x32xf32>) -> tensor<32xf32> {
  %0 = nn.reduce sum %x axes [0] : tensor<?x32xf32> -> tensor<32xf32>
  return %0 : tensor<32xf32>
}

// -----

// A tile of a product: four sums in registers over all of k, a value of the left operand for each row.
// CHECK-LABEL: @product
// CHECK-SAME: %[[A:[^:]*]]: tensor<2x64xf32> {{[^%]*}}%[[B:[^:]*]]: tensor<64x32xf32>
// CHECK: %[[SUMS:.*]]:4 = scf.for %[[K:.*]] = %c0 to %c64 step %c1 iter_args
// CHECK-DAG: tensor.extract %[[A]][%c0, %[[K]]]
// CHECK-DAG: tensor.extract %[[A]][%c1, %[[K]]]
// CHECK-DAG: vector.transfer_read %[[B]][%[[K]], %c0], {{.*}} vector<16xf32>
// CHECK-DAG: vector.transfer_read %[[B]][%[[K]], %c16], {{.*}} vector<16xf32>
// CHECK: scf.yield
// CHECK-NOT: vector.transfer_read
// CHECK-COUNT-4: vector.transfer_write %[[SUMS]]#
func.func @product(%a: tensor<2x64xf32>, %b: tensor<64x32xf32>) -> tensor<2x32xf32> {
  %0 = nn.matmul %a, %b : tensor<2x64xf32>, tensor<64x32xf32> -> tensor<2x32xf32>
  return %0 : tensor<2x32xf32>
}

// -----

// From op to op in registers: one read, no tensor between, one write.
// CHECK-LABEL: @registers
// CHECK: vector.transfer_read
// CHECK-NOT: vector.transfer_read
// CHECK-NOT: tensor.empty
// CHECK: %[[E:.*]] = math.exp
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[E]] : vector<16xf32>
// CHECK-NEXT: vector.transfer_write %[[N]]
func.func @registers(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = nn.exp %x : tensor<16xf32> -> tensor<16xf32>
  %1 = nn.neg %0 : tensor<16xf32> -> tensor<16xf32>
  return %1 : tensor<16xf32>
}

// -----

// 33 vectors are too many for registers: a loop.
// CHECK-LABEL: @too_large
// CHECK: scf.for
func.func @too_large(%x: tensor<33x16xf32>) -> tensor<33x16xf32> {
  %0 = nn.neg %x : tensor<33x16xf32> -> tensor<33x16xf32>
  return %0 : tensor<33x16xf32>
}

// -----

// Without dims there are scalars.
// CHECK-LABEL: @scalar
// CHECK-NOT: vector
// CHECK: %[[X:.*]] = tensor.extract
// CHECK: %[[Y:.*]] = arith.negf %[[X]] : f32
// CHECK: tensor.insert %[[Y]]
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %0 = nn.neg %x : tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// LLVM cannot split off the last of 2^k + 1 elements of bf16: it is alone from the start.
// CHECK-LABEL: @bf16_tail
// CHECK-NOT: vector<17xbf16>
// CHECK-DAG: vector.transfer_write {{.*}}[%c0] {{.*}} : vector<16xbf16>
// CHECK-DAG: vector.transfer_write {{.*}}[%c16] {{.*}} : vector<1xbf16>
func.func @bf16_tail(%x: tensor<17xbf16>) -> tensor<17xbf16> {
  %0 = nn.neg %x : tensor<17xbf16> -> tensor<17xbf16>
  return %0 : tensor<17xbf16>
}

// -----

// Sums that start from kept ones are written where they go, not first over those.
// CHECK-LABEL: @from_kept_sums
// CHECK-SAME: {{.*}}: tensor<4x2xf32> {{[^%]*}}%[[KEPT:[^:]*]]: tensor<4x16xf32> {{[^%]*}}%[[OUT:[^:]*]]: tensor<4x16xf32>
// CHECK: %[[FROM:.*]] = tensor.extract_slice %[[KEPT]][1, 0]
// CHECK: %[[START:.*]] = vector.transfer_read %[[FROM]]
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[START]])
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[OUT]][2, 0] [1, 16]
// CHECK: %[[DONE:.*]] = vector.transfer_write %{{.*}}, %[[SLICE]][%c0, %c0]
// CHECK: tensor.insert_slice %[[DONE]] into %[[OUT]][2, 0]
func.func @from_kept_sums(%a: tensor<4x2xf32>, %kept: tensor<4x16xf32>, %out: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %row = tensor.extract_slice %a[1, 0] [1, 2] [1, 1] : tensor<4x2xf32> to tensor<1x2xf32>
  %start = tensor.extract_slice %kept[1, 0] [1, 16] [1, 1] : tensor<4x16xf32> to tensor<1x16xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%row : tensor<1x2xf32>) outs(%start : tensor<1x16xf32>) {
  ^bb0(%x: f32, %s: f32):
    %next = arith.addf %s, %x : f32
    linalg.yield %next : f32
  } -> tensor<1x16xf32>
  %0 = tensor.insert_slice %sum into %out[2, 0] [1, 16] [1, 1] : tensor<1x16xf32> into tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

// A product of 300 steps is summed in two blocks of 128, each from zero, and one of 44; the sums start from the bias.
// CHECK-LABEL: @sum_blocks
// CHECK-SAME: %[[A:[^:]*]]: tensor<1x300xf32> {{[^%]*}}%[[B:[^:]*]]: tensor<300x16xf32> {{[^%]*}}%[[BIAS:[^:]*]]: tensor<16xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK-DAG: %[[START:.*]] = vector.transfer_read %[[BIAS]]
// CHECK: %[[WHOLE:.*]] = scf.for %{{.*}} = %c0 to %c256 step %c128 iter_args(%[[SO_FAR:.*]] = %[[START]])
// CHECK: %[[BLOCK:.*]] = scf.for %{{.*}} = %c0 to %c128 step %c1 iter_args(%{{.*}} = %[[ZERO]])
// CHECK: arith.mulf
// CHECK: %[[MORE:.*]] = arith.addf %[[SO_FAR]], %[[BLOCK]]
// CHECK: scf.yield %[[MORE]]
// CHECK: %[[REST:.*]] = scf.for %{{.*}} = %c0 to %c44 step %c1 iter_args(%{{.*}} = %[[ZERO]])
// CHECK: arith.addf %[[WHOLE]], %[[REST]]
func.func @sum_blocks(%a: tensor<1x300xf32>, %b: tensor<300x16xf32>, %bias: tensor<16xf32>) -> tensor<1x16xf32> {
  %0 = nn.matmul %a, %b : tensor<1x300xf32>, tensor<300x16xf32> -> tensor<1x16xf32>
  %1 = nn.add %0, %bias : tensor<1x16xf32>, tensor<16xf32> -> tensor<1x16xf32>
  return %1 : tensor<1x16xf32>
}

// -----

// Where only the run knows the depth, the last block has what is left.
// CHECK-LABEL: @sum_blocks_of_any_depth
// CHECK: scf.for %[[FROM:.*]] = %c0 to %[[K:.*]] step %c128
// CHECK: %[[LEFT:.*]] = arith.subi %[[K]], %[[FROM]]
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c128
// CHECK: scf.for %{{.*}} = %c0 to %[[COUNT]] step %c1
func.func @sum_blocks_of_any_depth(%k: index, %a: tensor<1x?xf32> {exec.shape = affine_map<()[s0] -> (1, s0)>},
                                   %b: tensor<?x16xf32> {exec.shape = affine_map<()[s0] -> (s0, 16)>}) -> tensor<1x16xf32> {
  %0 = nn.matmul %a, %b : tensor<1x?xf32>, tensor<?x16xf32> -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}

// -----

// So is a sum along vectors: 1025 times four vectors are two blocks of 512 and one.
// CHECK-LABEL: @sum_blocks_along_vectors
// CHECK: %[[ZERO:[^ ]*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK: %{{.*}}:4 = scf.for %{{.*}} = %c0 to %c1024 step %c512 iter_args(%[[SO_FAR:[^ ]*]] = %[[ZERO]], {{.*}})
// CHECK: %[[BLOCK:[^ ]*]]:4 = scf.for %{{.*}} = %c0 to %c512 step %c1 iter_args(%{{[^ ]*}} = %[[ZERO]], {{.*}})
// CHECK: arith.addf %[[SO_FAR]], %[[BLOCK]]#0
func.func @sum_blocks_along_vectors(%x: tensor<1x65600xf32>) -> tensor<1xf32> {
  %0 = nn.reduce sum %x axes [1] : tensor<1x65600xf32> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// And one over rows: of ten steps each, 51 make a block.
// CHECK-LABEL: @sum_blocks_of_rows
// CHECK: %[[ZERO:[^ ]*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c663 step %c51
// CHECK: scf.for %{{.*}} = %c0 to %c51 step %c1 iter_args(%{{[^ ]*}} = %[[ZERO]], {{.*}})
// CHECK: scf.for %{{.*}} = %c0 to %c640 step %c64
// CHECK: scf.for %{{.*}} = %c0 to %c37 step %c1 iter_args(%{{[^ ]*}} = %[[ZERO]], {{.*}})
func.func @sum_blocks_of_rows(%x: tensor<1x700x640xf32>) -> tensor<1xf32> {
  %0 = nn.reduce mean %x axes [1, 2] : tensor<1x700x640xf32> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}
