// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The nn dialect and the base classes of its ops.
#ifndef ACCEL_NN_DIALECT
#define ACCEL_NN_DIALECT

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/NN/NNInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::accel::nn";
  let summary = "What a neural network computes";
  let description = [{
    Ops on ranked tensors with the semantics of ONNX where ONNX is right: NCHW, NumPy broadcasting,
    value semantics. Signed integers are signless `iN`, unsigned ones `uiN`; `si64` is the number of a
    string (docs/decisions/containers.md). A tensor's dims may be
    dynamic; `nn.bind_dims` gives them names. Physical layouts (blocked, packed) are ordinary
    tensor types made by `nn.pack`. Constraints that an op's traits cannot say are numbered C1..Cn in
    its description; its verifier and its negative tests cite the numbers.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
}

// A pure op whose types follow from its operands. Each op writes
//   static LogicalResult computeShapes(Adaptor, ArrayRef<Shape>, ShapeContext &, SmallVectorImpl<Shape> &)
// (NNInferShapes.cpp) and, where the result's element type is not operand 0's,
//   static Type computeElementType(Adaptor)
// (`elementType` below); everything else is generated from these.
class NN_Op<string mnemonic, list<Trait> traits = [], list<Trait> effects = [Pure]>
    : Op<NN_Dialect, mnemonic, !listconcat(effects, [
        DeclareOpInterfaceMethods<InferTypeOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<NN_ShapeOpInterface>], traits)> {
  // C++ expression of the results' element type, from `adaptor`.
  string elementType = "::accel::nn::detail::elementTypeOf(adaptor.getOperands().front())";
  let extraClassDeclaration = [{
    static ::llvm::LogicalResult computeShapes(Adaptor adaptor, ::llvm::ArrayRef<::accel::nn::Shape> operands,
                                               ::accel::nn::ShapeContext &context,
                                               ::llvm::SmallVectorImpl<::accel::nn::Shape> &results);
    static ::mlir::Type computeElementType(Adaptor adaptor);
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual);
  }];
  let extraClassDefinition = [{
    ::mlir::Type $cppClass::computeElementType(Adaptor adaptor) { return }] # elementType # [{; }
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, std::optional<::mlir::Location> location, ::mlir::ValueRange operands,
        ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::accel::nn::detail::inferTypes<$cppClass>(context, location, operands, attributes, properties,
                                                        regions, types);
    }
    bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::accel::nn::detail::compatibleTypes(inferred, actual);
    }
    ::llvm::LogicalResult $cppClass::inferResultShapes(
        ::accel::nn::ShapeContext &context, ::llvm::ArrayRef<::accel::nn::Shape> operands,
        ::llvm::SmallVectorImpl<::accel::nn::Shape> &results) {
      return computeShapes(Adaptor(*this), operands, context, results);
    }
    ::llvm::LogicalResult $cppClass::reifyResultShapes(::mlir::OpBuilder &builder,
                                                       ::mlir::ReifiedRankedShapedTypeDims &shapes) {
      return ::accel::nn::reifyShapes(builder, getOperation(), shapes);
    }
  }];
}

// The element types that kernels can hold and compute with. Floats of 8 bits and fewer are computed in
// f32; complex numbers are only moved.
def NN_Float : AnyTypeOf<[F16, BF16, F32, F64, F8E3M4, F8E4M3, F8E4M3FN, F8E4M3FNUZ, F8E4M3B11FNUZ, F8E5M2,
                          F8E5M2FNUZ, F8E8M0FNU, F6E2M3FN, F6E3M2FN, F4E2M1FN],
                         "float of 4 to 64 bits">;
def NN_Int : AnyTypeOf<[SignlessIntOfWidths<[1, 2, 4, 8, 16, 32, 64]>, UnsignedIntOfWidths<[2, 4, 8, 16, 32, 64]>],
                       "integer of 1 to 64 bits">;

// A string is the number that stands for it: kernels move it, and compare two of them.
def NN_String : SI<64>;
def NN_Box : DialectType<NN_Dialect, CPred<"::llvm::isa<::accel::nn::BoxType>($_self)">, "box">;

def NN_Tensor : AnyTypeOf<[RankedTensorOf<[NN_Float, NN_Int, Complex<F32>, Complex<F64>, NN_String, NN_Box]>],
                          "ranked tensor of elements that kernels hold">;
def NN_ComparedTensor : AnyTypeOf<[RankedTensorOf<[NN_Float, NN_Int, NN_String]>],
                                  "ranked tensor of real numbers or strings">;
def NN_NumberTensor : AnyTypeOf<[RankedTensorOf<[NN_Float, NN_Int]>], "ranked tensor of real numbers">;
def NN_BitsTensor : AnyTypeOf<[RankedTensorOf<[NN_Float, NN_Int, Complex<F32>, Complex<F64>]>], "ranked tensor of numbers">;
def NN_FloatTensor : AnyTypeOf<[RankedTensorOf<[NN_Float]>], "ranked tensor of floats">;
def NN_IntTensor : AnyTypeOf<[RankedTensorOf<[NN_Int]>], "ranked tensor of integers">;
def NN_WordTensor : AnyTypeOf<[RankedTensorOf<[UI64]>], "ranked tensor of ui64">;
def NN_BoolTensor : AnyTypeOf<[RankedTensorOf<[I1]>], "ranked tensor of i1">;

#endif // ACCEL_NN_DIALECT
