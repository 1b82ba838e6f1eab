// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read or write at positions which are data, and ops that go along an axis in order.
#ifndef ACCEL_NN_INDEX_OPS
#define ACCEL_NN_INDEX_OPS

include "dialects/NN/NNDialect.td"
include "mlir/IR/EnumAttr.td"

def NN_GatherElementsOp : NN_Op<"gather_elements"> {
  let summary = "takes one element for each index (ONNX GatherElements-13)";
  let description = [{
    `result[i..., j, k...] = input[i..., indices[i..., j, k...], k...]`, where the axis is; indices
    as in `nn.gather`. The other dims of `indices` may be smaller than the operand's.

    Constraints:
    * C1: `axis` is in 0..rank-1.
    * C2: both operands have the same rank; no other dim of `indices` is larger than the operand's; an
      axis of size 0 has no indices.
  }];
  let arguments = (ins NN_Tensor:$input, NN_IntTensor:$indices, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices `axis` $axis attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}

def NN_GatherNdOp : NN_Op<"gather_nd"> {
  let summary = "takes slices by tuples of indices (ONNX GatherND-13)";
  let description = [{
    The last dim of `indices` holds tuples, which index the operand's dims from `batch_dims` on:
    `result[b..., i..., s...] = input[b..., indices[b..., i..., 0], indices[b..., i..., 1], ..., s...]`
    with as many b as `batch_dims` says; indices as in `nn.gather`.

    Constraints:
    * C1: `indices` has rank 1 or more and a last dim of static size.
    * C2: `batch_dims` is less than the rank of `indices`, and with the size of a tuple at most the
      operand's; the operands agree in the batch dims; dims of size 0 have no tuples.
  }];
  let arguments = (ins NN_Tensor:$input, NN_IntTensor:$indices, I64Attr:$batch_dims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `,` $indices `batch_dims` $batch_dims attr-dict
    `:` type($input) `,` type($indices) `->` type($result)}];
}

def NN_ScatterKind : I32EnumAttr<"ScatterKind", "what nn.scatter does with an element that is there", [
    I32EnumAttrCase<"replace", 0>, I32EnumAttrCase<"add", 1>, I32EnumAttrCase<"mul", 2>,
    I32EnumAttrCase<"max", 3>, I32EnumAttrCase<"min", 4>]> {
  let cppNamespace = "::accel::nn";
}

def NN_ScatterElementsOp : NN_Op<"scatter_elements"> {
  let summary = "writes or adds one element for each index (ONNX ScatterElements-18)";
  let description = [{
    The result is `input`, in which `result[i..., indices[i..., j, k...], k...]` is combined with
    `updates[i..., j, k...]`, where the axis is, in row-major order; indices as in `nn.gather`.

    Constraints:
    * C1: `axis` is in 0..rank-1.
    * C2: all operands have the same rank; no other dim of `indices` is larger than the operand's; an
      axis of size 0 has no indices.
    * C3: `updates` has the shape of `indices` and the element type of `input`.
  }];
  let arguments = (ins NN_ScatterKind:$kind, NN_Tensor:$input, NN_IntTensor:$indices, NN_Tensor:$updates, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$kind $input `,` $indices `,` $updates `axis` $axis attr-dict
    `:` functional-type(operands, results)}];
  let hasVerifier = 1;
}

def NN_ScatterNdOp : NN_Op<"scatter_nd"> {
  let summary = "writes or adds slices by tuples of indices (ONNX ScatterND-18)";
  let description = [{
    The last dim of `indices` holds tuples: the result is `input`, in which the slice
    `result[indices[i..., 0], indices[i..., 1], ..., s...]` is combined with `updates[i..., s...]`, in
    row-major order of i; indices as in `nn.gather`.

    Constraints:
    * C1: `indices` has rank 1 or more and a last dim of static size, at most the operand's rank;
      dims of size 0 have no tuples.
    * C2: `updates` has the dims i of `indices` and s of `input`, and its element type.
  }];
  let arguments = (ins NN_ScatterKind:$kind, NN_Tensor:$input, NN_IntTensor:$indices, NN_Tensor:$updates);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$kind $input `,` $indices `,` $updates attr-dict
    `:` functional-type(operands, results)}];
  let hasVerifier = 1;
}

def NN_CumulateKind : I32EnumAttr<"CumulateKind", "what nn.cumulate collects", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>]> {
  let cppNamespace = "::accel::nn";
}

def NN_CumulateOp : NN_Op<"cumulate"> {
  let summary = "sums or products of all elements up to each along an axis (ONNX CumSum-14, CumProd-26)";
  let description = [{
    With `exclusive`, without the element itself; with `reverse`, from the end.

    Constraints:
    * C1: `axis` is in 0..rank-1.
  }];
  let arguments = (ins NN_CumulateKind:$kind, NN_NumberTensor:$input, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = [{$kind $input `axis` $axis (`exclusive` $exclusive^)? (`reverse` $reverse^)? attr-dict
    `:` type($input) `->` type($result)}];
}

#endif // ACCEL_NN_INDEX_OPS
