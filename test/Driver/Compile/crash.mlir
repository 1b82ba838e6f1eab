// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel on which LLVM gives up ends the worker, not the compiler; the message names the ONNX node
// and a file that shows the crash again.
// REQUIRES: x86_64
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/expect.py 70 accel-compile %s --start-from=llvm --cpu=x86-64-v2 -o %t/out.so 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=FILE --input-file=%t/out.so.dot_0.reproducer.mlir
// RUN: not ls %t/out.so
// RUN: %python %S/Inputs/expect.py 70 accel-compile %t/out.so.dot_0.reproducer.mlir --start-from=llvm --emit=asm -O3 --cpu=x86-64-v2 2>&1 | FileCheck %s --check-prefix=AGAIN

// CHECK: error: internal error: cannot compile kernel 'dot_0' (node 'the node'): its compiler ended by signal Aborted: LLVM ERROR: {{.*}}; as plain loops: ended by signal Aborted
// CHECK: to see it again: accel-compile {{.*}}out.so.dot_0.reproducer.mlir --start-from=llvm --emit=asm -O3 --cpu=x86_64-unknown-linux-gnu:x86-64-v2
// FILE: exec.kernel @dot_0
// AGAIN: LLVM ERROR:
// AGAIN: error: internal error: a crash in the compiler
module @crash {
  exec.kernel @dot_0 attributes {scratch_bytes = 0, stage = "llvm"} {
    llvm.func @crash_dot_0(%buffers: !llvm.ptr, %dims: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) {
      %0 = llvm.load %buffers : !llvm.ptr -> vector<16xi32>
      %bytes = llvm.bitcast %0 : vector<16xi32> to vector<64xi8>
      %1 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%0, %bytes, %bytes) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
      llvm.store %1, %buffers : vector<16xi32>, !llvm.ptr
      llvm.return
    }
    llvm.func @crash_dot_0_grid(%dims: !llvm.ptr) -> i64 {
      %0 = llvm.mlir.constant(1 : i64) : i64
      llvm.return %0 : i64
    }
  }
  exec.program @main attributes {input_names = ["x"], input_shapes = [affine_map<() -> (16)>], input_types = [tensor<16xi32>], maxima = array<i64>, minima = array<i64>, output_names = ["y"], output_shapes = [affine_map<() -> (16)>], output_types = [tensor<16xi32>], symbols = []} {
    %0 = exec.input 0
    %1 = exec.output 0
    exec.launch @dot_0 dims affine_map<() -> ()> ins(%0) outs(%1) loc("the node")
    exec.yield
  }
}
