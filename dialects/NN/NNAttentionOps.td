// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention.
#ifndef ACCEL_NN_ATTENTION_OPS
#define ACCEL_NN_ATTENTION_OPS

include "dialects/NN/NNDialect.td"

def NN_F32Tensor : AnyTypeOf<[RankedTensorOf<[F32]>], "ranked tensor of f32">;

def NN_AttentionOp : NN_Op<"attention"> {
  let summary = "softmax(query * key^T * scale + mask) * value, read through affine maps";
  let description = [{
    Over dims batch..., row, key, depth, column, whose sizes are `sizes` in this order (-1: known in
    a run):

        score[b, row, key] = scale * (sum over depth of query * key) + mask
        result[b, row, column] = sum over key of softmax over key (score) * value

    `maps` say where an operand's element for given dims lies in its tensor, so that what splits or
    merges heads, transposes or takes a part needs no copy. The result's dim i is dim `order[i]` of
    batch..., row, column. A row all of whose scores are -inf is NaN, with `empty_rows_zero` zero,
    and so is one with a NaN.

    Constraints:
    * C1: `sizes` has 4 entries or more, positive or -1; `maps` one map an operand, from as many dims
      as there are sizes to the operand's.
    * C2: a map's result is a sum of a constant and batch dims times constants, none negative, and at
      most one other dim: row or depth in the query's, key or depth in the key's, key or column in the
      value's, row or key in the mask's. The operand has an element wherever the map leads.
    * C3: a size that is not known is that of an operand's dim which a map reads from 0 on.
      Depth and column are known.
    * C4: `order` is a permutation of batch..., row, column.
  }];
  let arguments = (ins NN_F32Tensor:$query, NN_F32Tensor:$key, NN_F32Tensor:$value,
                       Optional<NN_F32Tensor>:$mask, DenseI64ArrayAttr:$sizes, AffineMapArrayAttr:$maps,
                       DenseI64ArrayAttr:$order, F32Attr:$scale, UnitAttr:$empty_rows_zero);
  let results = (outs NN_F32Tensor:$result);
  let assemblyFormat = [{$query `,` $key `,` $value (`mask` $mask^)? `sizes` $sizes `maps` $maps
    `order` $order `scale` $scale (`empty_rows_zero` $empty_rows_zero^)? attr-dict
    `:` `(` type(operands) `)` `->` type($result)}];
}

#endif // ACCEL_NN_ATTENTION_OPS
