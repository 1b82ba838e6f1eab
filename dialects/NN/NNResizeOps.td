// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change the resolution of spatial dims.
#ifndef ACCEL_NN_RESIZE_OPS
#define ACCEL_NN_RESIZE_OPS

include "dialects/NN/NNDialect.td"

def NN_PositionTensor : AnyTypeOf<[RankedTensorOf<[I32]>], "ranked tensor of i32">;

def NN_ResizeOp : NN_Op<"resize", [AttrSizedOperandSegments]> {
  let summary = "weighted sums of elements at positions along axes (ONNX Resize-19, Upsample-9)";
  let description = [{
    Each entry of `axes` has a table of positions and, where results are more than copies, one of
    weights, both T x P: `result[..., p, ...] = sum over t of weights[t, p] * input[..., indices[t,
    p], ...]`, for all axes at once (the weights multiply). Without weights, T is 1. Positions lie
    inside the axis.

    Every mode of interpolation and every way to map coordinates is another table, which ordinary
    ops compute: once, while compiling, where the sizes are static.

    Constraints:
    * C1: `axes` are distinct and in 0..rank-1, with one table of indices each, and of weights all
      or none.
    * C2: tables have rank 2, those of one axis have the same shape; without weights, T is 1.
    * C3: where there are weights, the operand's elements are floats.
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<NN_PositionTensor>:$indices,
                       Variadic<NN_FloatTensor>:$weights, DenseI64ArrayAttr:$axes);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `axes` $axes `indices` $indices (`weights` $weights^)? attr-dict
    `:` functional-type(operands, results)}];
  let hasVerifier = 1;
}

def NN_DepthToSpaceOp : NN_Op<"depth_to_space", [SameOperandsElementType]> {
  let summary = "moves blocks of channels to spatial positions (ONNX DepthToSpace-13)";
  let description = [{
    The spatial dims are dims 2, 3, ... as many as `blocks` has entries; dims after them (the block
    of a channel-blocked tensor) are kept. B is the product of `blocks`. There is one operand of B*C
    channels, or B of C channels. With p the row-major number of a position in a block, channel c
    there is channel p*C + c of the one operand, or c*B + p with `crd`, or channel c of operand p.
    `crop` says how many positions are left out before each spatial dim, then after each.

    Constraints:
    * C1: rank is at least 2 + entries of `blocks`, which are positive.
    * C2: `crop` has two entries of 0..block-1 an entry of `blocks`.
    * C3: the operands are one, whose channels B divides, or B of the same shape.
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, DenseI64ArrayAttr:$blocks, DenseI64ArrayAttr:$crop, UnitAttr:$crd);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$inputs `blocks` $blocks `crop` $crop (`crd` $crd^)? attr-dict
    `:` type($inputs) `->` type($result)}];
  let hasVerifier = 1;
}

#endif // ACCEL_NN_RESIZE_OPS
