// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -cpu-hoist | FileCheck %s

// Arithmetic goes out of the loop over work items; the tensor that each of them begins with stays.
// CHECK-LABEL: @start_of_an_item
// CHECK: arith.addi
// CHECK: scf.forall
// CHECK: vector.transfer_write
// CHECK: vector.transfer_read
func.func @start_of_an_item(%n: index, %from: index, %out: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %result = scf.forall (%i) in (%n) shared_outs(%o = %out) -> (tensor<?x4xf32>) {
    %twice = arith.addi %from, %from : index
    %e = tensor.empty() : tensor<4xf32>
    %w = vector.transfer_write %zeros, %e[%c0] {in_bounds = [true]} : vector<4xf32>, tensor<4xf32>
    %s = tensor.insert %zero into %w[%c0] : tensor<4xf32>
    %v = vector.transfer_read %s[%c0], %zero {in_bounds = [true]} : tensor<4xf32>, vector<4xf32>
    %at = arith.remui %twice, %n : index
    %part = tensor.extract_slice %o[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
    %made = vector.transfer_write %v, %part[%c0, %c0] {in_bounds = [true]} : vector<4xf32>, tensor<1x4xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %made into %o[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
    }
  }
  return %result : tensor<?x4xf32>
}
