// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes that are no properties of single ops.
#ifndef ACCEL_NN_ATTRIBUTES
#define ACCEL_NN_ATTRIBUTES

include "dialects/NN/NNDialect.td"
include "mlir/IR/AttrTypeBase.td"

def NN_DeferredAttr : AttrDef<NN_Dialect, "Deferred", [ElementsAttrInterface]> {
  let mnemonic = "deferred";
  let summary = "a constant tensor, as the op that makes it";
  let description = [{
    Stands for the result of the nn op `op` with `properties` on constant `operands`. The bytes are made when
    they are written to a file, a few at a time, so that packed weights need no memory of their own. Equal ones
    are one attribute.
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::RankedTensorType">:$type,
                        "::mlir::StringAttr":$op, "::mlir::ArrayAttr":$operands,
                        "::mlir::DictionaryAttr":$properties);
  let assemblyFormat = "`<` $op $operands $properties `>`";
  let builders = [AttrBuilderWithInferredContext<(ins "::mlir::RankedTensorType":$type, "::mlir::StringAttr":$op,
      "::mlir::ArrayAttr":$operands, "::mlir::DictionaryAttr":$properties), [{
    return $_get(type.getContext(), type, op, operands, properties);
  }]>];
  let extraClassDeclaration = [{
    bool isSplat() const { return false; }
  }];
}

#endif // ACCEL_NN_ATTRIBUTES
