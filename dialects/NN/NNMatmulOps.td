// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products.
#ifndef ACCEL_NN_MATMUL_OPS
#define ACCEL_NN_MATMUL_OPS

include "dialects/NN/NNDialect.td"

def NN_MatmulOp : NN_Op<"matmul", [SameOperandsElementType]> {
  let summary = "matrix product of the last two dims, leading dims broadcast (ONNX MatMul-13)";
  let description = [{
    `result[..., m, n] = sum over k of lhs[..., m, k] * rhs[..., k, n]`.

    Constraints:
    * C1: both operands have rank 2 or more (the importer gives vectors a unit dim).
    * C2: `k` of both operands agree.
    * C3: the leading dims broadcast as in NumPy.
  }];
  let arguments = (ins NN_NumberTensor:$lhs, NN_NumberTensor:$rhs);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

def NN_PackedMatmulOp : NN_Op<"packed_matmul", [SameOperandsElementType]> {
  let summary = "matrix product with a right-hand side packed in column panels";
  let description = [{
    `rhs` is `nn.pack` of a KxN matrix: `rhs[p, k, j]` is column `p*nr + j` (zero past N), so that
    the innermost loop reads memory in order. `result[..., m, n] = sum over k of
    lhs[..., m, k] * rhs[n / nr, k, n % nr]`.

    Constraints:
    * C1: `lhs` has rank 2 or more, `rhs` rank 3 and static.
    * C2: `k` of both operands agree.
    * C3: `columns` is in (panels-1)*nr+1 .. panels*nr.
  }];
  let arguments = (ins NN_FloatTensor:$lhs, NN_FloatTensor:$rhs, I64Attr:$columns);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$lhs `,` $rhs `columns` $columns attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)}];
}

#endif // ACCEL_NN_MATMUL_OPS
