// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
exec.kernel @u {
  func.func @u(%arg0: tensor<3x1x14x12x4xf32> {exec.shape = affine_map<() -> (3, 1, 14, 12, 4)>}) -> (tensor<3x1x14x12xf32> {exec.shape = affine_map<() -> (3, 1, 14, 12)>}) {
    %0 = nn.unpack %arg0 dims [1] blocks [4] order [0, 1, 2, 3] sizes [1] : tensor<3x1x14x12x4xf32> -> tensor<3x1x14x12xf32>
    return %0 : tensor<3x1x14x12xf32>
  }
}
