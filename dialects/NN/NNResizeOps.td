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

def NN_DepthToSpaceOp : NN_Op<"depth_to_space"> {
  let summary = "moves blocks of channels to spatial positions (ONNX DepthToSpace-13)";
  let description = [{
    The spatial dims are dims 2, 3, ... as many as `blocks` has entries; dims after them (the block
    of a channel-blocked tensor) are kept. With B the product of `blocks`, the operand has B*C
    channels: with p the row-major number of a position in a block, channel c there is operand
    channel p*C + c, or c*B + p with `crd`. `crop[i]` positions are left out at the end of spatial
    dim i.

    Constraints:
    * C1: rank is at least 2 + entries of `blocks`, which are positive.
    * C2: `crop` has one entry of 0..block-1 an entry of `blocks`.
    * C3: B divides the operand's channels.
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$blocks, DenseI64ArrayAttr:$crop, UnitAttr:$crd);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `blocks` $blocks `crop` $crop (`crd` $crd^)? attr-dict
    `:` type($input) `->` type($result)}];
}

#endif // ACCEL_NN_RESIZE_OPS
