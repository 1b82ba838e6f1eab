// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions and normalisations over dims.
#ifndef ACCEL_NN_REDUCE_OPS
#define ACCEL_NN_REDUCE_OPS

include "dialects/NN/NNDialect.td"
include "mlir/IR/EnumAttr.td"

def NN_ReduceKind : I32EnumAttr<"ReduceKind", "how nn.reduce combines elements", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"max", 2>,
    I32EnumAttrCase<"min", 3>, I32EnumAttrCase<"prod", 4>]> {
  let cppNamespace = "::accel::nn";
}

def NN_ReduceOp : NN_Op<"reduce", [DeclareOpInterfaceMethods<NN_ReductionOpInterface>]> {
  let summary = "sum, mean, max, min or product over dims (ONNX ReduceSum-13, ReduceMean-18, ...)";
  let description = [{
    The reduced dims stay with size 1 when `keepdims` is set. The other ONNX reductions (L1, L2,
    LogSumExp, SumSquare, ...) are compositions.

    Constraints:
    * C1: `axes` are distinct, sorted, and in 0..rank-1.
  }];
  let arguments = (ins NN_ReduceKind:$kind, NN_NumberTensor:$input, DenseI64ArrayAttr:$axes, UnitAttr:$keepdims);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = [{$kind $input `axes` $axes (`keepdims` $keepdims^)? attr-dict
    `:` type($input) `->` type($result)}];
}

class NN_SoftmaxLike<string mnemonic, string formula>
    : NN_Op<mnemonic, [DeclareOpInterfaceMethods<NN_ReductionOpInterface>]> {
  let summary = formula # " along one axis, with the maximum subtracted first";
  let description = [{
    Constraints:
    * C1: `axis` is in 0..rank-1.
  }];
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` type($input) `->` type($result)";
}
def NN_SoftmaxOp : NN_SoftmaxLike<"softmax", "exp(x) / sum of exp(x) (ONNX Softmax-13)">;
def NN_LogSoftmaxOp : NN_SoftmaxLike<"log_softmax", "x - ln(sum of exp(x)) (ONNX LogSoftmax-13)">;

#endif // ACCEL_NN_REDUCE_OPS
