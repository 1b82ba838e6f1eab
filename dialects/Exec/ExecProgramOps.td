// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels, programs, and the value form.
#ifndef ACCEL_EXEC_PROGRAM_OPS
#define ACCEL_EXEC_PROGRAM_OPS

include "dialects/Exec/ExecDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"

def Exec_KernelOp : Op<Exec_Dialect, "kernel", [IsolatedFromAbove, Symbol, SymbolTable, SingleBlock,
                                               NoTerminator]> {
  let summary = "a function that one device runs as one launch";
  let description = [{
    Holds one `func.func` of the kernel's own name. Its first arguments, of type index, are the
    distinct dynamic dims that it uses (symbol i of its maps is dim i); then come its tensors. Each
    tensor argument and result carries `exec.shape`, an affine map from those symbols to its dims.
    An op of the body has `exec.shape`, too, where more is known of its result's dims than the op's
    shape computation says.
    The body is nn ops until a target lowers it, each stage in place:
    nn (no `stage`), linalg, tiled, buffers, llvm.

    Constraints, before a target lowers the body:
    * C1: the region holds a function named like the kernel.
    * C2: its index arguments come first; every tensor has an `exec.shape` of as many symbols and of
      its rank.

    Compiling a kernel adds `scratch_bytes`, what it needs for each thread, and `items`, the number
    of work items of a launch, if that is a constant. `flops` and `bytes` are estimates for one work
    item.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$stage,
                       OptionalAttr<Exec_IntAttr>:$scratch_bytes, OptionalAttr<Exec_IntAttr>:$items,
                       OptionalAttr<F64Attr>:$flops, OptionalAttr<F64Attr>:$bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name)>];
  let extraClassDeclaration = [{
    /// The kernel's function in nn, linalg or buffer form; null once it is llvm.
    ::mlir::func::FuncOp getFunction();
    static constexpr ::llvm::StringLiteral kShapeAttr = "exec.shape";
    /// A string: why no further op was fused. For reports; nothing depends on it.
    static constexpr ::llvm::StringLiteral kBoundaryAttr = "exec.boundary";
    /// Of the function of a kernel of two stages: rows of the result that a work item computes.
    static constexpr ::llvm::StringLiteral kItemRowsAttr = "exec.item_rows";
    /// On a sum in a kernel: how many terms are added up before they are added to the rest.
    static constexpr ::llvm::StringLiteral kSumBlockAttr = "exec.sum_block";
  }];
}

def Exec_ProgramOp : Op<Exec_Dialect, "program", [IsolatedFromAbove, AffineScope, Symbol, SingleBlock]> {
  let summary = "a model: what it takes and gives, and the launches between";
  let description = [{
    The block's first arguments, of type index, are the sizes of `symbols` (with their allowed
    `minima` and `maxima`); in the value form its inputs follow as tensors. `input_types` and
    `output_types` are the tensor types, `input_shapes` and `output_shapes` affine maps from the
    symbols to dims, `input_names` and `output_names` the ONNX names. An output dim that only the
    run knows is a symbol past those.

    `derived` defines further symbols, numbered after `symbols`, each as the least of the results of
    a map over the symbols before it. Every other map of the program is over all of them. A run
    fails with text i of `requirement_texts` unless all results of `requirements` entry i are 0 or
    more.

    Constraints:
    * C1: names, types and shapes of inputs agree in number, those of outputs too.
    * C2: the block starts with one index argument a symbol, derived ones included; in the value
      form one tensor an input follows, of its type.
    * C3: the terminator is `exec.yield` of the outputs (value form) or of nothing (buffer form).
    * C4: in the buffer form, slots are numbered in order, from 0.
    * C5: in the buffer form, launches use slots only while these live.
    * C6: in the buffer form, slots with offsets do not overlap while both live, unless one is within the other,
      directly or not; what is within another lies in its bytes and lives no longer.
    * C7: in the buffer form, weights do not overlap, unless they are the same.
    * C8: `derived` entry i has at least one result, no dims and a symbol for each symbol before its
      own.
    * C9: there is a text for each of the `requirements`, which have no dims and a symbol for each of
      the program's.

    A program with control flow, or with sizes that follow from data, is a `script`: it stays in the value form,
    its body runs programs that are marked `segment` (exec.run) and holds nn's script ops (nn.if, nn.loop,
    nn.call). A module has one program that is no segment.

    A model that keeps tensors from one run to the next (docs/decisions/state.md) has `state_axes`, an entry for
    each: the dim that grows, -1 if a run replaces the tensor by one of the same shape. They are the last inputs and
    the last outputs. Where `state_appends` says so, the input has that dim first, and the output is no more than the
    rows that the run puts behind it (exec.append).

    * C10: `state_axes` and `state_appends` have an entry for each state, and there are as many inputs and outputs.

    The planner adds `arena_bytes` (the peak of intermediates; absent if it depends on symbols),
    `live_bytes` (the largest sum of sizes that live at once: no plan needs less) and `weight_bytes`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$symbols, DenseI64ArrayAttr:$minima,
                       DenseI64ArrayAttr:$maxima, StrArrayAttr:$input_names, TypeArrayAttr:$input_types,
                       AffineMapArrayAttr:$input_shapes, StrArrayAttr:$output_names,
                       TypeArrayAttr:$output_types, AffineMapArrayAttr:$output_shapes,
                       OptionalAttr<AffineMapArrayAttr>:$derived,
                       OptionalAttr<AffineMapArrayAttr>:$requirements,
                       OptionalAttr<StrArrayAttr>:$requirement_texts,
                       OptionalAttr<DenseI64ArrayAttr>:$state_axes,
                       OptionalAttr<DenseBoolArrayAttr>:$state_appends,
                       OptionalAttr<Exec_IntAttr>:$arena_bytes, OptionalAttr<Exec_IntAttr>:$live_bytes,
                       OptionalAttr<Exec_IntAttr>:$weight_bytes, UnitAttr:$script, UnitAttr:$segment);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::ArrayAttr":$symbols,
      "::llvm::ArrayRef<int64_t>":$minima, "::llvm::ArrayRef<int64_t>":$maxima,
      "::mlir::ArrayAttr":$inputNames, "::mlir::ArrayAttr":$inputTypes, "::mlir::ArrayAttr":$inputShapes,
      "::mlir::ArrayAttr":$outputNames, "::mlir::ArrayAttr":$outputTypes,
      "::mlir::ArrayAttr":$outputShapes), [{
    build($_builder, $_state, name, symbols, minima, maxima, inputNames, inputTypes, inputShapes,
          outputNames, outputTypes, outputShapes, ::mlir::ArrayAttr(), ::mlir::ArrayAttr(),
          ::mlir::ArrayAttr(), ::mlir::DenseI64ArrayAttr(), ::mlir::DenseBoolArrayAttr(), ::mlir::IntegerAttr(), ::mlir::IntegerAttr(), ::mlir::IntegerAttr(),
          /*script=*/false, /*segment=*/false);
  }]>];
  let extraClassDeclaration = [{
    /// The module's program that is no segment; null if there is none.
    static ProgramOp of(::mlir::ModuleOp module);
    /// True once the planner has given every value its bytes.
    bool isBufferForm();
    /// Named symbols and derived ones.
    unsigned getNumSymbols() { return getNumNamedSymbols() + (getDerived() ? getDerived()->size() : 0); }
    unsigned getNumNamedSymbols() { return getSymbols().size(); }
    /// The map whose least result a symbol is; null if it has a name.
    ::mlir::AffineMap definitionOf(unsigned symbol);
    /// States are the last inputs and outputs.
    unsigned getNumStates() { return getStateAxes() ? getStateAxes()->size() : 0; }
    bool appendsToState(unsigned state) { return (*getStateAppends())[state]; }
    /// A dim as text, with the names of symbols and "?" for what only the run knows.
    std::string dimText(::mlir::AffineExpr dim);
  }];
}

def Exec_YieldOp : Op<Exec_Dialect, "yield", [Pure, Terminator, HasParent<"ProgramOp">]> {
  let summary = "ends a program; the outputs in the value form";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Exec_DispatchOp : Op<Exec_Dialect, "dispatch", [Pure, AttrSizedOperandSegments,
                                                    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "launches a kernel on tensors (value form)";
  let description = [{
    `dims` are sizes: what `buildDim` (ExecDims.h) makes of affine expressions of the program's
    symbols. `flops` and `bytes` estimate the whole launch. The op's location names the ONNX nodes.

    Constraints:
    * C1: `kernel` names an `exec.kernel` whose function takes `dims`, then `inputs`, and gives the results.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Index>:$dims, Variadic<AnyRankedTensor>:$inputs,
                       OptionalAttr<F64Attr>:$flops, OptionalAttr<F64Attr>:$bytes);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$results, "::llvm::StringRef":$kernel,
      "::mlir::ValueRange":$dims, "::mlir::ValueRange":$inputs), [{
    build($_builder, $_state, results, kernel, dims, inputs, ::mlir::FloatAttr(), ::mlir::FloatAttr());
  }]>];
  let assemblyFormat = [{$kernel `dims` `(` $dims `)` `(` $inputs `)` attr-dict
    `:` functional-type($inputs, $results)}];
}

def Exec_RunOp : Op<Exec_Dialect, "run", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a segment of a script";
  let description = [{
    Constraints:
    * C1: `segment` names an `exec.program` that is marked so, with as many inputs and outputs.
  }];
  let arguments = (ins FlatSymbolRefAttr:$segment, Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$segment `(` $inputs `)` attr-dict `:` functional-type($inputs, $results)";
}

def Exec_ViewOp : Op<Exec_Dialect, "view", [Pure]> {
  let summary = "the same bytes as another tensor type (value form of nn.reshape)";
  let description = [{
    `dims` are the sizes of the result's dynamic dims, as those of a dispatch.

    Constraints:
    * C1: as many `dims` as the result has dynamic dims.
    * C2: operand and result have the same element type and, if both are static, as many elements.
  }];
  let arguments = (ins AnyRankedTensor:$input, Variadic<Index>:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `dims` `(` $dims `)` attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Exec_ConcatOp : Op<Exec_Dialect, "concat", [Pure]> {
  let summary = "tensors one behind the other in memory (value form of nn.concat along an outermost dim)";
  let description = [{
    No kernel computes it: the planner has its operands written where the result wants them, and copies those
    that must lie elsewhere.

    Constraints:
    * C1: all types have one element type, and the result has as many elements as the operands together, if all are
      static.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, $result)";
  let hasVerifier = 1;
}

def Exec_AppendOp : Op<Exec_Dialect, "append", [Pure]> {
  let summary = "a state with the rows that a run puts behind it (value form of nn.concat onto a state)";
  let description = [{
    No kernel computes it: `state`, an input, lies where there is room behind it, and `rows` are an output that is
    written there. `dims` are the sizes of the result's dynamic dims, as those of a dispatch.

    Constraints:
    * C1: `state` is the input of a state that is appended to, and `rows` the output of the same state.
    * C2: as many `dims` as the result has dynamic dims.
  }];
  let arguments = (ins AnyRankedTensor:$state, AnyRankedTensor:$rows, Variadic<Index>:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{$state `,` $rows `dims` `(` $dims `)` attr-dict
    `:` `(` type($state) `,` type($rows) `)` `->` type($result)}];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of the state, or nothing where C1 does not hold.
    std::optional<unsigned> getNumber();
  }];
}

def Exec_ConstantOp : Op<Exec_Dialect, "constant", [Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "a constant tensor that lies in the model's weights (value form)";
  let description = [{ In a script, the planner gives it its byte `offset` in the weights. }];
  let arguments = (ins ElementsAttr:$value, OptionalAttr<Exec_IntAttr>:$offset);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "(`at` $offset^)? attr-dict $value";
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, type, value, ::mlir::IntegerAttr());
  }]>];
}

#endif // ACCEL_EXEC_PROGRAM_OPS
