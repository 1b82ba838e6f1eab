// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffer form of a program.
#ifndef ACCEL_EXEC_BUFFER_OPS
#define ACCEL_EXEC_BUFFER_OPS

include "dialects/Exec/ExecDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Type<string name, string typeMnemonic> : TypeDef<Exec_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Exec_BufferType : Exec_Type<"Buffer", "buffer"> {
  let summary = "an address whose bytes hold one tensor, row-major";
}

// A place where a tensor may lie. Places stand at the start of a program, launches and copies after.
class Exec_PlaceOp<string mnemonic, list<Trait> traits = []>
    : Op<Exec_Dialect, mnemonic, !listconcat([Pure, HasParent<"ProgramOp">], traits)> {
  let results = (outs Exec_BufferType:$buffer);
  let hasVerifier = 1;
}

def Exec_InputOp : Exec_PlaceOp<"input"> {
  let summary = "where the caller put an input; read only";
  let description = [{
    Constraints:
    * C1: `index` is that of an input of the program.
  }];
  let arguments = (ins Exec_IntAttr:$index);
  let assemblyFormat = "$index attr-dict";
}

def Exec_OutputOp : Exec_PlaceOp<"output"> {
  let summary = "where the caller wants an output, or a part of one";
  let description = [{
    A part is an operand of a concatenation that is written where its result wants it; `from` maps the program's symbols
    to the bytes of the output that lie before it.

    Constraints:
    * C1: `index` is that of an output of the program.
    * C2: `from` has one result, no dims and a symbol for each of the program's.
  }];
  let arguments = (ins Exec_IntAttr:$index, OptionalAttr<AffineMapAttr>:$begin);
  let assemblyFormat = "$index (`from` $begin^)? attr-dict";
}

def Exec_WeightOp : Exec_PlaceOp<"weight"> {
  let summary = "a constant at a byte offset of the model's weights; read only";
  let description = [{
    Constraints:
    * C1: `offset` is a multiple of 64, 0 or more.
  }];
  let arguments = (ins Exec_IntAttr:$offset, ElementsAttr:$value);
  let assemblyFormat = "`at` $offset $value attr-dict";
}

def Exec_SlotOp : Exec_PlaceOp<"slot"> {
  let summary = "bytes of the arena for one intermediate";
  let description = [{
    `size` maps the program's symbols to bytes. The slot is written by launch number `first` and
    read last by launch number `last` (launches and copies count from 0); before and after, its bytes
    belong to others. `offset` is where it lies, if the sizes of all slots are constants; otherwise
    a run's plan decides. A slot `within` another is a part of that one's bytes: an operand of a concatenation
    that is written where its result wants it. Where a run's plan decides, `from` maps the program's symbols to the bytes
    of the other slot that lie before it.

    Constraints:
    * C1: `size` has one result, no dims and a symbol for each of the program's.
    * C2: 0 <= `first` <= `last`.
    * C3: `offset` is a multiple of 64, 0 or more, and `size` is then a constant.
    * C4: `within` is given with `offset` or `from`, and `from`, which is like `size`, with `within` only. Slots within
      others come behind those that are not.
  }];
  let arguments = (ins Exec_IntAttr:$number, AffineMapAttr:$size, Exec_IntAttr:$first, Exec_IntAttr:$last,
                       OptionalAttr<Exec_IntAttr>:$offset, OptionalAttr<Exec_IntAttr>:$within,
                       OptionalAttr<AffineMapAttr>:$begin);
  let assemblyFormat = [{
    $number `size` $size `live` `[` $first `,` $last `]` (`at` $offset^)?
    (`within` $within^)? (`from` $begin^)? attr-dict
  }];
  let extraClassDeclaration = [{
    static constexpr int64_t kAlignment = 64;
  }];
}

def Exec_LaunchOp : Op<Exec_Dialect, "launch", [HasParent<"ProgramOp">, AttrSizedOperandSegments,
                                                DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "launches a kernel on buffers (buffer form)";
  let description = [{
    `dims` maps the program's symbols to the kernel's dims. `flops` and `bytes` estimate the whole
    launch. The op's location names the ONNX nodes.

    Constraints:
    * C1: `kernel` names an `exec.kernel`.
    * C2: `dims` has a symbol for each of the program's and a result for each dim of the kernel.
    * C3: as many inputs and outputs as the kernel's function takes and gives, as far as it is
      in tensor form.
    * C4: it writes to outputs and slots only.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, AffineMapAttr:$dims,
                       Variadic<Exec_BufferType>:$inputs, Variadic<Exec_BufferType>:$outputs,
                       OptionalAttr<F64Attr>:$flops, OptionalAttr<F64Attr>:$bytes);
  let assemblyFormat = [{
    $kernel `dims` $dims `ins` `(` $inputs `)` `outs` `(` $outputs `)` attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_CopyOp : Op<Exec_Dialect, "copy", [HasParent<"ProgramOp">]> {
  let summary = "copies a tensor's bytes (buffer form)";
  let description = [{
    Constraints:
    * C1: `size` has one result, no dims and a symbol for each of the program's.
    * C2: it writes to an output or a slot.
  }];
  let arguments = (ins Exec_BufferType:$destination, Exec_BufferType:$source, AffineMapAttr:$size);
  let assemblyFormat = "$destination `,` $source `size` $size attr-dict";
  let hasVerifier = 1;
}

#endif // ACCEL_EXEC_BUFFER_OPS
