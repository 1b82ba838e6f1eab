// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Physical layout as ordinary ops on ordinary types.
#ifndef ACCEL_NN_LAYOUT_OPS
#define ACCEL_NN_LAYOUT_OPS

include "dialects/NN/NNDialect.td"

def NN_PackOp : NN_Op<"pack"> {
  let summary = "splits dims into blocks that become the innermost dims";
  let description = [{
    Operand dim `dims[i]` of size D becomes ceil(D / blocks[i]) in place, and a new innermost dim of
    size `blocks[i]`, in the order of `dims`; zeros fill the last block. Then the outer dims are
    permuted: result dim i is split operand dim `order[i]`.
    An N x C x H x W tensor packed with `dims [1] blocks [16] order [0, 1, 2, 3]` is N x C/16 x H x W x 16; a
    K x N matrix with `dims [1] blocks [48] order [1, 0]` is N/48 x K x 48.

    Constraints:
    * C1: `dims` are distinct and in 0..rank-1, `blocks` positive and as many.
    * C2: `order` is a permutation of 0..rank-1.
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$blocks,
                       DenseI64ArrayAttr:$order);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `dims` $dims `blocks` $blocks `order` $order attr-dict
    `:` type($input) `->` type($result)}];
  let hasFolder = 1;
}

def NN_UnpackOp : NN_Op<"unpack"> {
  let summary = "the inverse of nn.pack: joins blocks back into dims and drops the filling";
  let description = [{
    `dims`, `blocks` and `order` are those of the `nn.pack` that it undoes; `sizes[i]` is the size of
    result dim `dims[i]`.

    Constraints: C1, C2 of `nn.pack`, and
    * C3: `sizes[i]` fills all blocks but possibly part of the last.
    * C4: the operand's innermost dims are `blocks`.
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$blocks,
                       DenseI64ArrayAttr:$order, DenseI64ArrayAttr:$sizes);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `dims` $dims `blocks` $blocks `order` $order `sizes` $sizes attr-dict
    `:` type($input) `->` type($result)}];
  let hasFolder = 1;
}

#endif // ACCEL_NN_LAYOUT_OPS
