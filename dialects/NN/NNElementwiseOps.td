// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: rows of a table over one mechanism (NN_ElementwiseOpInterface).
#ifndef ACCEL_NN_ELEMENTWISE_OPS
#define ACCEL_NN_ELEMENTWISE_OPS

include "dialects/NN/NNDialect.td"
include "mlir/IR/EnumAttr.td"

class NN_Elementwise<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([DeclareOpInterfaceMethods<NN_ElementwiseOpInterface>], traits)>;

class NN_Unary<string mnemonic, string formula, Type operand = NN_FloatTensor, Type result = operand>
    : NN_Elementwise<mnemonic> {
  let summary = formula # ", elementwise";
  let arguments = (ins operand:$input);
  let results = (outs result:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

class NN_Binary<string mnemonic, string formula, Type operand = NN_NumberTensor>
    : NN_Elementwise<mnemonic, [SameOperandsElementType]> {
  let summary = formula # ", elementwise with NumPy broadcasting";
  let arguments = (ins operand:$lhs, operand:$rhs);
  let results = (outs operand:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

// ONNX Abs-1, Neg-1, Sign-9: numbers.
def NN_AbsOp : NN_Unary<"abs", "|x|", NN_NumberTensor>;
def NN_NegOp : NN_Unary<"neg", "-x", NN_NumberTensor>;
def NN_SignOp : NN_Unary<"sign", "-1, 0 or 1 (NaN stays NaN)", NN_NumberTensor>;
def NN_ReluOp : NN_Unary<"relu", "max(x, 0), NaN stays NaN", NN_NumberTensor>;
def NN_SigmoidOp : NN_Unary<"sigmoid", "1 / (1 + exp(-x))">;
def NN_TanhOp : NN_Unary<"tanh", "tanh(x)">;
def NN_ExpOp : NN_Unary<"exp", "exp(x)">;
def NN_LogOp : NN_Unary<"log", "ln(x)">;
def NN_SqrtOp : NN_Unary<"sqrt", "sqrt(x)">;
def NN_RsqrtOp : NN_Unary<"rsqrt", "1 / sqrt(x)">;
def NN_ReciprocalOp : NN_Unary<"reciprocal", "1 / x">;
def NN_ErfOp : NN_Unary<"erf", "erf(x)">;
def NN_FloorOp : NN_Unary<"floor", "largest integer <= x">;
def NN_CeilOp : NN_Unary<"ceil", "smallest integer >= x">;
def NN_RoundOp : NN_Unary<"round", "nearest integer, halves to even">;
def NN_SinOp : NN_Unary<"sin", "sin(x)">;
def NN_CosOp : NN_Unary<"cos", "cos(x)">;
def NN_TanOp : NN_Unary<"tan", "tan(x)">;
def NN_AsinOp : NN_Unary<"asin", "asin(x)">;
def NN_AcosOp : NN_Unary<"acos", "acos(x)">;
def NN_AtanOp : NN_Unary<"atan", "atan(x)">;
def NN_SinhOp : NN_Unary<"sinh", "sinh(x)">;
def NN_CoshOp : NN_Unary<"cosh", "cosh(x)">;
def NN_AsinhOp : NN_Unary<"asinh", "asinh(x)">;
def NN_AcoshOp : NN_Unary<"acosh", "acosh(x)">;
def NN_AtanhOp : NN_Unary<"atanh", "atanh(x)">;
def NN_SoftplusOp : NN_Unary<"softplus", "ln(1 + exp(x))">;
def NN_NotOp : NN_Unary<"not", "bitwise complement (logical not on i1)", NN_IntTensor>;
def NN_IsNaNOp : NN_Unary<"is_nan", "x is NaN", NN_FloatTensor, NN_BoolTensor> {
  let elementType = "::mlir::IntegerType::get(adaptor.getInput().getContext(), 1)";
}
def NN_IsInfOp : NN_Unary<"is_inf", "x is +inf or -inf", NN_FloatTensor, NN_BoolTensor> {
  let elementType = "::mlir::IntegerType::get(adaptor.getInput().getContext(), 1)";
}

def NN_AddOp : NN_Binary<"add", "a + b"> {
  let hasFolder = 1;
}
def NN_SubOp : NN_Binary<"sub", "a - b"> {
  let hasFolder = 1;
}
def NN_MulOp : NN_Binary<"mul", "a * b"> {
  let hasFolder = 1;
}
// Integer division truncates towards zero (ONNX Div-14). By zero it gives 0, and -2^(n-1) / -1 wraps.
def NN_DivOp : NN_Binary<"div", "a / b"> {
  let hasCanonicalizer = 1;
}
// NaN wins (ONNX Max-13, Min-13).
def NN_MaxOp : NN_Binary<"max", "max(a, b)">;
def NN_MinOp : NN_Binary<"min", "min(a, b)">;
def NN_PowOp : NN_Binary<"pow", "a to the power b"> {
  let hasCanonicalizer = 1;
}
// The sign of `mod` is b's, of `fmod` a's (ONNX Mod-13, fmod = 0 and 1). An integer mod 0 is 0.
def NN_ModOp : NN_Binary<"mod", "a mod b with the sign of b">;
def NN_FmodOp : NN_Binary<"fmod", "a mod b with the sign of a">;
def NN_AndOp : NN_Binary<"and", "bitwise and", NN_IntTensor>;
def NN_OrOp : NN_Binary<"or", "bitwise or", NN_IntTensor>;
def NN_XorOp : NN_Binary<"xor", "bitwise exclusive or", NN_IntTensor>;
// Shifting by less than 0, or by the width or more, leaves nothing but the sign (ONNX BitShift-28).
def NN_ShiftLeftOp : NN_Binary<"shift_left", "a << b", NN_IntTensor>;
def NN_ShiftRightOp : NN_Binary<"shift_right", "a >> b, with the sign from the left", NN_IntTensor>;

def NN_CompareKind : I32EnumAttr<"CompareKind", "what nn.compare asks", [
    I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
    I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]> {
  let cppNamespace = "::accel::nn";
}

def NN_CompareOp : NN_Elementwise<"compare", [SameOperandsElementType]> {
  let summary = "a comparison, elementwise with NumPy broadcasting; false where either is NaN, but ne";
  let description = [{ Strings are equal or not; what comes first of two others is not said. }];
  let arguments = (ins NN_CompareKind:$kind, NN_ComparedTensor:$lhs, NN_ComparedTensor:$rhs);
  let results = (outs NN_BoolTensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
  let elementType = "::mlir::IntegerType::get(adaptor.getLhs().getContext(), 1)";
}

def NN_SelectOp : NN_Elementwise<"select"> {
  let summary = "condition ? a : b, elementwise with NumPy broadcasting (ONNX Where-16)";
  let description = [{
    Constraints:
    * C1: `lhs` and `rhs` have the same element type.
  }];
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$condition `,` $lhs `,` $rhs attr-dict
    `:` type($condition) `,` type($lhs) `,` type($rhs) `->` type($result)}];
  let elementType = "::accel::nn::detail::elementTypeOf(adaptor.getLhs())";
  let hasVerifier = 1;
}

def NN_CastOp : NN_Elementwise<"cast"> {
  let summary = "conversion of the element type (ONNX Cast-13)";
  let description = [{
    Float to integer truncates towards zero; anything to i1 is `x != 0`; integer to a narrower
    integer wraps; float to a narrower float rounds to nearest even (f8E8M0FNU: halves up).

    Where a float has no integer, the low bits of a wider one are taken: of i32 for up to 16 bits, i64
    for ui32, and there of the least one if that has none either. What a float of 8 bits and fewer
    has no number for becomes infinity, else NaN, else the largest one; NaN becomes -0 in types
    without it.
  }];
  let arguments = (ins NN_NumberTensor:$input, TypeAttr:$to);
  let results = (outs NN_NumberTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let elementType = "adaptor.getTo()";
  let hasFolder = 1;
}

def NN_BitcastOp : NN_Elementwise<"bitcast"> {
  let summary = "the same bits as elements of another type (ONNX BitCast-26)";
  let description = [{
    Constraints:
    * C1: both element types have as many bits, of which i1 has 1.
  }];
  let arguments = (ins NN_BitsTensor:$input, TypeAttr:$to);
  let results = (outs NN_BitsTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let elementType = "adaptor.getTo()";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def NN_RandomBitsOp : NN_Elementwise<"random_bits"> {
  let summary = "64 random bits for each counter, stream and key, elementwise with NumPy broadcasting";
  let description = [{
    Half a block of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
    2011), whose counter is `counter`, then `stream`, each low word first: words 0 and 1 for `half`
    0, words 2 and 3 for `half` 1, the first of them lowest.

    Constraints:
    * C1: `half` is 0 or 1.
  }];
  let arguments = (ins NN_WordTensor:$counter, NN_WordTensor:$stream, NN_WordTensor:$key, I64Attr:$half);
  let results = (outs NN_WordTensor:$result);
  let assemblyFormat = [{$counter `,` $stream `,` $key `half` $half attr-dict
    `:` type($counter) `,` type($stream) `,` type($key) `->` type($result)}];
  let hasVerifier = 1;
}

def NN_IotaOp : NN_Elementwise<"iota"> {
  let summary = "each element is its index along an axis";
  let description = [{
    Entries of `shape` as in `nn.reshape`, without -1.

    Constraints:
    * C1: `axis` is in 0..rank-1.
  }];
  let arguments = (ins I64Attr:$axis, Variadic<Index>:$sizes, DenseI64ArrayAttr:$shape, TypeAttr:$element);
  let results = (outs NN_IntTensor:$result);
  let assemblyFormat = [{`axis` $axis `to` custom<MixedSizes>($sizes, $shape) `of` $element attr-dict
    `:` type($result)}];
  let elementType = "adaptor.getElement()";
  let hasFolder = 1;
}

#endif // ACCEL_NN_ELEMENTWISE_OPS
