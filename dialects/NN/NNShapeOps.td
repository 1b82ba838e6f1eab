// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants, names of dims, and ops that move elements without arithmetic.
#ifndef ACCEL_NN_SHAPE_OPS
#define ACCEL_NN_SHAPE_OPS

include "dialects/NN/NNDialect.td"

def NN_ConstantOp : NN_Op<"constant", [ConstantLike]> {
  let summary = "a constant tensor";
  let description = [{
    Small integers and splats are dense attributes; weights are dense resources that point into the
    mapped model file.

    Constraints:
    * C1: `value` is a tensor.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let elementType = "::llvm::cast<::mlir::ShapedType>(adaptor.getValue().getType()).getElementType()";
  let hasFolder = 1;
  let hasVerifier = 1;
}

// Not pure: what it says of an input that nothing reads is a part of the program, too.
def NN_BindDimsOp : NN_Op<"bind_dims", [], []> {
  let summary = "gives the dims of a tensor names and equalities";
  let description = [{
    The result is the operand, whose dim i is known to be result i of `shape`, an affine map of no
    dims whose symbol j is the program's symbol named `symbols[j]`:
    `nn.bind_dims %x ["batch", "seq"] affine_map<()[s0, s1] -> (s0, s1 * 2, 64)>`.
    The run time checks this of the inputs. One symbol more stands for sizes that have no name.

    Constraints:
    * C1: `shape` has no dims, one symbol an entry of `symbols` and at most one more, and one result
      a dim of the operand.
  }];
  let arguments = (ins NN_Tensor:$input, StrArrayAttr:$symbols, AffineMapAttr:$shape);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input $symbols $shape attr-dict `:` type($input) `->` type($result)";
}

def NN_ReshapeOp : NN_Op<"reshape", [DeclareOpInterfaceMethods<NN_ViewOpInterface>]> {
  let summary = "the same elements in the same order with another shape (ONNX Reshape-25)";
  let description = [{
    An entry of `shape` is a size, or -1 (at most once: what the other entries leave), or dynamic:
    then it is the next one of `sizes`. Flatten, Squeeze and Unsqueeze are reshapes.

    Constraints:
    * C1: at most one entry is -1; one dynamic entry an operand of `sizes`.
    * C2: the numbers of elements agree where both are static.
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<Index>:$sizes, DenseI64ArrayAttr:$shape);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `to` custom<MixedSizes>($sizes, $shape) attr-dict
    `:` type($input) `->` type($result)}];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_TransposeOp : NN_Op<"transpose"> {
  let summary = "permutes the dims: result dim i is operand dim permutation[i] (ONNX Transpose-25)";
  let description = [{
    Constraints:
    * C1: `permutation` is a permutation of 0..rank-1.
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_BroadcastOp : NN_Op<"broadcast"> {
  let summary = "broadcasts to a shape as in NumPy, in both directions (ONNX Expand-13)";
  let description = [{
    Entries of `shape` as in `nn.reshape`, without -1. The result's dim is the broadcast of the
    operand's and `shape`'s.
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<Index>:$sizes, DenseI64ArrayAttr:$shape);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input `to` custom<MixedSizes>($sizes, $shape) attr-dict
    `:` type($input) `->` type($result)}];
}

def NN_ConcatOp : NN_Op<"concat", [SameOperandsElementType]> {
  let summary = "joins tensors along an axis (ONNX Concat-13)";
  let description = [{
    Constraints:
    * C1: `axis` is in 0..rank-1.
    * C2: all operands have the same rank and agree in the other dims.
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def NN_SliceOp : NN_Op<"slice", [AttrSizedOperandSegments]> {
  let summary = "every step-th element of each dim from an offset (ONNX Slice-13, Split-18)";
  let description = [{
    Result element i of a dim is operand element `offset + i*step`. An entry of `offsets` or `sizes`
    is a number or dynamic: then it is the next one of `dynamicOffsets` or `dynamicSizes`. `sizes`
    entry -1 means "to the end" of a dynamic dim (step positive); nothing where the offset is past
    it.

    Constraints:
    * C1: `offsets`, `sizes`, `steps` have one entry a dim; one dynamic entry an operand; steps are
      not 0.
    * C2: static slices lie inside the operand; a run checks the others.
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<Index>:$dynamicOffsets, Variadic<Index>:$dynamicSizes,
                       DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$steps);
  let results = (outs NN_Tensor:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input,
        "::llvm::ArrayRef<int64_t>":$offsets, "::llvm::ArrayRef<int64_t>":$sizes,
        "::llvm::ArrayRef<int64_t>":$steps), [{
      build($_builder, $_state, result, input, ::mlir::ValueRange(), ::mlir::ValueRange(), offsets, sizes, steps);
    }]>,
    OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$offsets,
        "::llvm::ArrayRef<int64_t>":$sizes, "::llvm::ArrayRef<int64_t>":$steps), [{
      build($_builder, $_state, input, ::mlir::ValueRange(), ::mlir::ValueRange(), offsets, sizes, steps);
    }]>];
  let assemblyFormat = [{$input `offsets` custom<MixedSizes>($dynamicOffsets, $offsets)
    `sizes` custom<MixedSizes>($dynamicSizes, $sizes) `steps` $steps attr-dict
    `:` type($input) `->` type($result)}];
  let hasFolder = 1;
}

def NN_PadOp : NN_Op<"pad", [AttrSizedOperandSegments]> {
  let summary = "surrounds a tensor with a constant (ONNX Pad-25, mode constant)";
  let description = [{
    `low[i]` elements of `value` before dim i, `high[i]` after it. Dynamic entries as in `nn.slice`.

    Constraints:
    * C1: `low` and `high` have one entry of 0 or more a dim; one dynamic entry an operand.
    * C2: `value` has the operand's element type.
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<Index>:$dynamicLow, Variadic<Index>:$dynamicHigh,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, TypedAttrInterface:$value);
  let results = (outs NN_Tensor:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$low,
        "::llvm::ArrayRef<int64_t>":$high, "::mlir::TypedAttr":$value), [{
      build($_builder, $_state, result, input, ::mlir::ValueRange(), ::mlir::ValueRange(), low, high, value);
    }]>,
    OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$low,
        "::llvm::ArrayRef<int64_t>":$high, "::mlir::TypedAttr":$value), [{
      build($_builder, $_state, input, ::mlir::ValueRange(), ::mlir::ValueRange(), low, high, value);
    }]>];
  let assemblyFormat = [{$input `low` custom<MixedSizes>($dynamicLow, $low)
    `high` custom<MixedSizes>($dynamicHigh, $high) `value` $value attr-dict
    `:` type($input) `->` type($result)}];
  let hasVerifier = 1;
}

def NN_GatherOp : NN_Op<"gather"> {
  let summary = "takes slices of an axis by index (ONNX Gather-13)";
  let description = [{
    `result[a..., i..., b...] = input[a..., indices[i...], b...]` where the axis is; a negative index
    counts from the end. An index outside the axis is an error when it is a constant, else it is
    clamped to the axis.

    Constraints:
    * C1: `axis` is in 0..rank-1.
    * C2: an axis of size 0 has no indices.
  }];
  let arguments = (ins NN_Tensor:$input, NN_IntTensor:$indices, I64Attr:$axis);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices `axis` $axis attr-dict `:` type($input) `,` type($indices) `->` type($result)";
  let hasFolder = 1;
}

def NN_ShapeOfOp : NN_Op<"shape_of"> {
  let summary = "the shape of a tensor as a vector of i64 (ONNX Shape-25)";
  let description = [{ Dims `start`..`end`-1. Constraints: C1: 0 <= `start` <= `end` <= rank. }];
  let arguments = (ins NN_Tensor:$input, I64Attr:$start, I64Attr:$end);
  let results = (outs NN_IntTensor:$result);
  let assemblyFormat = "$input $start $end attr-dict `:` type($input) `->` type($result)";
  let elementType = "::mlir::IntegerType::get(adaptor.getInput().getContext(), 64)";
  let hasFolder = 1;
}

#endif // ACCEL_NN_SHAPE_OPS
