// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches, loops, and calls of functions that are written in C.
#ifndef ACCEL_NN_CONTROL_OPS
#define ACCEL_NN_CONTROL_OPS

include "dialects/NN/NNDialect.td"

// These are not kernels' ops: `nn-outline` cuts a function at them into segments, and the script that
// is left runs these ops. Their regions may use values from around them.
class NN_ScriptOp<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, traits>;

def NN_YieldOp : NN_ScriptOp<"yield", [Pure, Terminator, ParentOneOf<["IfOp", "LoopOp"]>]> {
  let summary = "the values that a region gives";
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def NN_IfOp : NN_ScriptOp<"if", [RecursiveMemoryEffects, SingleBlock]> {
  let summary = "one of two regions, by a condition that the run computes (ONNX If-25)";
  let description = [{
    Constraints:
    * C1: the condition has one element.
    * C2: both regions have no arguments, and yield tensors of the results' element types and ranks,
      whose dims are the results' where those are static.
  }];
  let arguments = (ins NN_BoolTensor:$condition);
  let regions = (region SizedRegion<1>:$thenRegion, SizedRegion<1>:$elseRegion);
  let results = (outs Variadic<NN_Tensor>:$results);
  let assemblyFormat = [{$condition attr-dict `:` type($condition) (`->` type($results)^)? `then`
    $thenRegion `else` $elseRegion}];
  let hasVerifier = 1;
}

def NN_LoopOp : NN_ScriptOp<"loop", [RecursiveMemoryEffects, AttrSizedOperandSegments,
                                     SingleBlock]> {
  let summary = "a region again and again, with values that it carries (ONNX Loop-25; Scan-25 becomes one)";
  let description = [{
    Runs at most `trips` times (one i64; for ever where there is none), and while the condition
    holds (one i1; always where there is none). The region's arguments are the number of the
    iteration (tensor<i64>) and what it carries. It yields whether to go on (one i1), if `condition`
    is given, what is carried to the next iteration, and one tensor for each scan. The results are
    what is carried at the end, then the scans of all iterations, stacked along a new dim 0.
    `result_shapes`, of a loop in a script, are the results' dims as far as the program's symbols
    tell them, as its `output_shapes` are: a scan of no rows has a shape, too.

    Constraints:
    * C1: `trips` and `condition` have one element.
    * C2: the region's arguments are a tensor<i64>, then tensors of the element types and ranks of
      `carried`; it yields those again, and the results begin with them.
    * C3: a scan's result has its element type and one more dim.
    * C4: `result_shapes`, if given, has a map for each result, with a dim for each of its dims.
  }];
  let arguments = (ins Optional<NN_IntTensor>:$trips, Optional<NN_BoolTensor>:$condition,
                       Variadic<NN_Tensor>:$carried,
                       OptionalAttr<AffineMapArrayAttr>:$result_shapes);
  let regions = (region SizedRegion<1>:$body);
  let results = (outs Variadic<NN_Tensor>:$results);
  let assemblyFormat = [{(`trips` `(` $trips^ `:` type($trips) `)`)? (`while` `(` $condition^ `:` type($condition) `)`)?
    (`carried` `(` $carried^ `:` type($carried) `)`)? attr-dict (`->` type($results)^)? `do` $body}];
  let extraClassDeclaration = [{
    mlir::Value getIteration() { return getBody().getArgument(0); }
    mlir::ValueRange getCarriedArguments() { return getBody().getArguments().drop_front(); }
    /// What the body yields: the condition if there is one, what is carried, the scans.
    mlir::ValueRange getYielded();
    mlir::Value getYieldedCondition() { return getCondition() ? getYielded().front() : mlir::Value(); }
    mlir::ValueRange getYieldedCarried() {
      return getYielded().slice(getCondition() ? 1 : 0, getCarried().size());
    }
    mlir::ValueRange getYieldedScans() {
      return getYielded().drop_front((getCondition() ? 1 : 0) + getCarried().size());
    }
  }];
  let hasVerifier = 1;
}

def NN_CallOp : NN_ScriptOp<"call", [Pure]> {
  let summary = "a function of lib/Runtime/CPU/Ops: an op whose cost is not arithmetic";
  let description = [{
    `nn.call "topk"(%x, %k) ints [1, 1] : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x?xf32>, tensor<?x?xi64>)`.
    The numbers and texts are the function's parameters. `positions[i]` is the function's operand
    that `inputs[i]` is, where optional ones before it are left out. Sizes of results follow from
    data, where their types say no more.

    Constraints:
    * C1: `positions`, if given, has a number for each operand, and they ascend.
  }];
  let arguments = (ins StrAttr:$callee, Variadic<NN_Tensor>:$inputs,
                       OptionalAttr<DenseI64ArrayAttr>:$positions, OptionalAttr<DenseI64ArrayAttr>:$ints,
                       OptionalAttr<DenseF64ArrayAttr>:$floats, OptionalAttr<StrArrayAttr>:$strings);
  let results = (outs Variadic<NN_Tensor>:$results);
  let assemblyFormat = [{$callee `(` $inputs `)` (`positions` $positions^)? (`ints` $ints^)? (`floats` $floats^)?
    (`strings` $strings^)? attr-dict `:` functional-type($inputs, $results)}];
  let hasVerifier = 1;
}

def NN_MapsOp : NN_ScriptOp<"maps", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "rows that the user gets as maps from these keys (ONNX-ML ZipMap-1)";
  let description = [{
    `nn.maps %x strings ["cat", "dog"] : tensor<?x2xf32>`. What a run gives for a result of the
    model of shape N x C: a sequence of N maps from the C keys. Nothing in the model can read them.

    Constraints:
    * C1: either `ints` or `strings` are given, one for each column of a matrix.
  }];
  let arguments = (ins NN_Tensor:$input, OptionalAttr<DenseI64ArrayAttr>:$ints,
                       OptionalAttr<StrArrayAttr>:$strings);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{$input (`ints` $ints^)? (`strings` $strings^)? attr-dict `:` type($input)}];
  let extraClassDeclaration = [{
    /// The op that makes a result of a function a sequence of maps; null if it is a tensor.
    static MapsOp of(mlir::Value result);
  }];
  let hasVerifier = 1;
}

#endif // ACCEL_NN_CONTROL_OPS
