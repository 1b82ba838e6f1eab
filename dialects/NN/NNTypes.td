// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Types of the dialect's own.
#ifndef ACCEL_NN_TYPES
#define ACCEL_NN_TYPES

include "dialects/NN/NNDialect.td"
include "mlir/IR/AttrTypeBase.td"

def NN_BoxKind : I32EnumAttr<"BoxKind", "what boxes make together", [
    I32EnumAttrCase<"sequence", 0>, I32EnumAttrCase<"optional", 1>, I32EnumAttrCase<"tensor", 2>,
    I32EnumAttrCase<"map", 3>]> {
  let cppNamespace = "::accel::nn";
}

def NN_BoxType : TypeDef<NN_Dialect, "Box"> {
  let mnemonic = "box";
  let summary = "an element that stands for a whole value";
  let description = [{
    `tensor<?x!nn.box<sequence, tensor<?x4xf32>>>` is a sequence of tensors, and
    `tensor<?x!nn.box<optional, T>>`, of at most one element, an optional value. A
    `tensor<1x!nn.box<tensor, tensor<*xf32>>>` is a tensor whose rank only the run knows. A
    `tensor<2x!nn.box<map, tuple<tensor<?xi64>, tensor<?xf32>>>>` is a map: its keys, and as many
    values. Boxes are in scripts only: calls make, take and open them.
  }];
  let parameters = (ins EnumParameter<NN_BoxKind>:$kind, "::mlir::Type":$held);
  let assemblyFormat = "`<` $kind `,` $held `>`";
}

#endif // ACCEL_NN_TYPES
