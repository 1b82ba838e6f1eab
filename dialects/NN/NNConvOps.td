// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and poolings, in ONNX's layout and blocked.
#ifndef ACCEL_NN_CONV_OPS
#define ACCEL_NN_CONV_OPS

include "dialects/NN/NNDialect.td"
include "mlir/IR/EnumAttr.td"

def NN_ConvOp : NN_Op<"conv", [SameOperandsElementType]> {
  let summary = "convolution of 1 to 3 spatial dims, N x C x S..., (ONNX Conv-22)";
  let description = [{
    `input` is N x C x S..., `weight` F x C/group x K..., `bias` F. `pads` holds the zeros before
    each spatial dim, then those after each.

    Constraints:
    * C1: `input` and `weight` have the same rank, 3 to 5.
    * C2: `strides` and `dilations` have one positive entry a spatial dim, `pads` two of 0 or more.
    * C3: `weight` dim 1 times `group` is C, and `group` divides F.
    * C4: `bias` has shape F.
    * C5: the window fits: each static result dim is positive.
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $weight (`bias` $bias^)? `strides` $strides `dilations` $dilations
    `pads` $pads (`group` $group^)? attr-dict `:` functional-type(operands, results)}];
  let hasCanonicalizer = 1;
}

def NN_BlockedConvOp : NN_Op<"blocked_conv", [SameOperandsElementType]> {
  let summary = "convolution of channel-blocked tensors";
  let description = [{
    `input` is N x Cb x S... x c (channel `cb*c + ci`), `weight` Fb x Cb/group x K... x c x f, `bias`
    Fb x f, the result N x Fb x S... x f. `pads` is as in `nn.conv`; where it is left out, there is no
    padding.

    Constraints:
    * C1: `input` has rank R of 4 to 6, `weight` R+1 and static, `bias` 2.
    * C2: `strides` and `dilations` have R-3 positive entries, `pads` none or 2*(R-3) of 0 or more.
    * C3: c of `input` and `weight` agree, Fb and f of `weight` and `bias`; `weight` dim 1 times
      `group` is Cb, and `group` divides Fb.
    * C4: the window fits: each static result dim is positive.
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$pads,
                       DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $weight (`bias` $bias^)? `strides` $strides `dilations` $dilations
    (`pads` $pads^)? (`group` $group^)? attr-dict `:` functional-type(operands, results)}];
}

def NN_BlockedDepthwiseConvOp : NN_Op<"blocked_depthwise_conv", [SameOperandsElementType]> {
  let summary = "convolution of each channel with its own window, on channel-blocked tensors";
  let description = [{
    `input` is N x Cb x S... x c (channel `cb*c + ci`), `weight` Cb x K... x c, `bias` Cb x c, the
    result N x Cb x S... x c. `pads` is as in `nn.blocked_conv`.

    Constraints:
    * C1: `input` has rank R of 4 to 6, `weight` R-1 and static, `bias` 2.
    * C2: `strides` and `dilations` have R-3 positive entries, `pads` none or 2*(R-3) of 0 or more.
    * C3: Cb and c of `input`, `weight` and `bias` agree.
    * C4: the window fits: each static result dim is positive.
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$pads);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $weight (`bias` $bias^)? `strides` $strides `dilations` $dilations
    (`pads` $pads^)? attr-dict `:` functional-type(operands, results)}];
}

def NN_PoolKind : I32EnumAttr<"PoolKind", "how nn.pool combines a window", [
    I32EnumAttrCase<"max", 0>, I32EnumAttrCase<"average", 1>, I32EnumAttrCase<"average_with_pad", 2>,
    I32EnumAttrCase<"sum", 3>]> {
  let cppNamespace = "::accel::nn";
}

def NN_PoolOp : NN_Op<"pool"> {
  let summary = "max or average over windows of the spatial dims (ONNX MaxPool-22, AveragePool-22)";
  let description = [{
    The spatial dims are dims 2, 3, ... as many as `kernel` has entries; dims after them (the block
    of a channel-blocked tensor) are kept. `average` divides by the elements inside the input,
    `average_with_pad` by those inside the padded input, `sum` by nothing; `max` ignores padding.
    `pads` as in
    `nn.conv`; `ceil` rounds the number of windows up, and a window must start inside the input or
    the padding before it.

    Constraints:
    * C1: rank is at least 2 + entries of `kernel`.
    * C2: `kernel`, `strides`, `dilations` have one positive entry a spatial dim, `pads` two of 0 or more.
    * C3: the window fits: each static result dim is positive.
  }];
  let arguments = (ins NN_PoolKind:$kind, NN_NumberTensor:$input, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       UnitAttr:$ceil);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = [{$kind $input `kernel` $kernel `strides` $strides `dilations` $dilations
    `pads` $pads (`ceil` $ceil^)? attr-dict `:` type($input) `->` type($result)}];
}

def NN_PoolPositionsOp : NN_Op<"pool_positions", [SameOperandsElementType]> {
  let summary = "where the elements that nn.pool max takes are (ONNX MaxPool-22, output Indices)";
  let description = [{
    `pooled` is `nn.pool max` of `input` with the same attributes. The result says where each of its
    elements comes from, as a number in the row-major order of all of `input`; of equal elements, the
    first. With `column_major`, the spatial dims count in the order of Fortran.

    Constraints:
    * C1: both operands have rank 2 + entries of `kernel`.
    * C2: `kernel`, `strides`, `dilations` have one positive entry a spatial dim, `pads` two of 0 or more.
  }];
  let arguments = (ins NN_NumberTensor:$input, NN_NumberTensor:$pooled, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       UnitAttr:$column_major);
  let results = (outs NN_IntTensor:$result);
  let assemblyFormat = [{$input `,` $pooled `kernel` $kernel `strides` $strides `dilations` $dilations
    `pads` $pads (`column_major` $column_major^)? attr-dict
    `:` type($input) `,` type($pooled) `->` type($result)}];
  let elementType = "::mlir::IntegerType::get(adaptor.getInput().getContext(), 64)";
}

def NN_ConvTransposeOp : NN_Op<"conv_transpose", [SameOperandsElementType]> {
  let summary = "transposed convolution of 1 to 3 spatial dims, N x C x S..., (ONNX ConvTranspose-22)";
  let description = [{
    Input position i and window position k add `input[i] * weight[k]` to result position
    `i*stride + k*dilation - pad`; positions outside the result are left out. `input` is
    N x C x S..., `weight` C x F/group x K..., `bias` F. `pads` as in `nn.conv`; a result dim is
    `(S - 1)*stride + (K - 1)*dilation + 1 - pads + output_padding`.

    Constraints:
    * C1: `input` and `weight` have the same rank, 3 to 5.
    * C2: `strides` and `dilations` have one positive entry a spatial dim, `output_padding` one and
      `pads` two of 0 or more; the weight's spatial dims are static.
    * C3: `weight` dim 0 is C, and `group` divides it.
    * C4: `bias` has shape F.
    * C5: each static result dim is positive.
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$weight, Optional<NN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$output_padding, DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $weight (`bias` $bias^)? `strides` $strides `dilations` $dilations
    `pads` $pads `output_padding` $output_padding (`group` $group^)? attr-dict
    `:` functional-type(operands, results)}];
}

#endif // ACCEL_NN_CONV_OPS
