// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffer form of a program.
#ifndef ACCEL_EXEC_BUFFER_OPS
#define ACCEL_EXEC_BUFFER_OPS

include "dialects/Exec/ExecDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Type<string name, string typeMnemonic> : TypeDef<Exec_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Exec_BufferType : Exec_Type<"Buffer", "buffer"> {
  let summary = "an address whose bytes hold one tensor, row-major";
}

#endif // ACCEL_EXEC_BUFFER_OPS
