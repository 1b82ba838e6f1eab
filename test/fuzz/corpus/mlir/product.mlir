// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
func.func @main(%x: tensor<?x97xf32> {nn.name = "x"}, %w: tensor<97x10xf32>) -> (tensor<?x10xf32> {nn.name = "y"}) {
  %0 = nn.matmul %x, %w : tensor<?x97xf32>, tensor<97x10xf32> -> tensor<?x10xf32>
  %1 = nn.relu %0 : tensor<?x10xf32> -> tensor<?x10xf32>
  return %1 : tensor<?x10xf32>
}
