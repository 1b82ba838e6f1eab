// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ACCEL_CPU_PASSES
#define ACCEL_CPU_PASSES

include "mlir/Pass/PassBase.td"

def LowerPackedMatmulPass : Pass<"cpu-lower-packed-matmul", "::mlir::func::FuncOp"> {
  let summary = "Prepare nn.packed_matmul for tiling, or make it a loop nest";
  let description = [{
    The result of a packed product that is the kernel's output goes there through a copy, which is then
    the root that is tiled. With `plain`, the product becomes a linalg.generic over panels.
  }];
  let options = [Option<"plain", "plain", "bool", "false", "make it a linalg.generic">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def LowerCopiesPass : Pass<"cpu-lower-copies", "::mlir::func::FuncOp"> {
  let summary = "Make memref.copy of strided memory a loop nest";
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def SettleCarriedMemoryPass : Pass<"cpu-settle-carried-memory", "::mlir::func::FuncOp"> {
  let summary = "Give what a loop carries from step to step memory of its own, outside the loop";
  let description = [{
    Bufferization lets a loop yield memory that a step has allocated. As scratch memory, an allocation is in one place
    in all steps, so that the next step would write over what it still reads.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def HoistPass : Pass<"cpu-hoist", "::mlir::func::FuncOp"> {
  let summary = "Take what is the same in all steps out of loops, except for what will write memory";
  let description = [{
    A tensor that is written before a loop and changed in it is memory to copy in each step; and in front of the loop
    over work items, work that all of them would have to wait for.
  }];
}

def UnrollPass : Pass<"cpu-unroll", "::mlir::func::FuncOp"> {
  let summary = "Do several steps of a reduction in one iteration";
  let description = [{
    Innermost loops of known length that carry vectors. One of few steps vanishes. The order of sums stays.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::scf::SCFDialect"];
}

def PrefetchPass : Pass<"cpu-prefetch", "::mlir::func::FuncOp"> {
  let summary = "Prefetch the next panel of weights while tiles share this one";
  let description = [{
    In an innermost loop that reads a kernel's argument in vectors, in a nest that reads the same panel
    for several tiles: each step asks for its share of the panel that comes next. Where only the run
    knows how many tiles there are, shares are divided once a panel.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def PrefetchResultsPass : Pass<"cpu-prefetch-results", "::mlir::func::FuncOp"> {
  let summary = "Prefetch what a tile reads and writes after its sums";
  let description = [{
    Where a nest of loops carries the sums of a tile in vectors, and then arguments are read and written
    in vectors at positions that are known before: each iteration of the innermost loop asks for some of
    these lines, so that they are there when the sums are ready.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def PrefetchRowsPass : Pass<"cpu-prefetch-rows", "::mlir::func::FuncOp"> {
  let summary = "Prefetch the rows of the next tile while this one's sums are computed";
  let description = [{
    In an innermost loop that reads an argument element by element, in a nest that passes over it once:
    the tiles that share its rows ask for those of the next tile.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def LowerMathPass : Pass<"cpu-lower-math", "::mlir::func::FuncOp"> {
  let summary = "Expand math ops to arithmetic, and let sums and products contract";
  let description = [{
    Functions of f32 become formulas (lib/Target/CPU/Math), the same for scalars and vectors of any
    width, whose roundings are theirs: they are not contracted. Half precision is computed in f32;
    f64 is left to the C library. With `exact`, no fused multiply-add is used or made, so that bits
    do not depend on the CPU.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "the CPU whose instructions formulas may use">,
    Option<"exact", "exact", "bool", "false", "do not contract">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerVectorsPass : Pass<"cpu-lower-vectors", "::mlir::func::FuncOp"> {
  let summary = "Lower vector transfers to loads and stores of one dim";
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect"];
}

def SplitAddressesPass : Pass<"cpu-split-addresses", "::mlir::func::FuncOp"> {
  let summary = "Move what is constant in the indices of a load or store to the last one";
  let description = [{
    Of memory whose outer strides only the run knows: positions of a tile that are a constant apart are
    then displacements from one register.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def LowerKernelsPass : Pass<"cpu-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Take every exec.kernel to a stage of the CPU's pipeline";
  let options = [
    Option<"stage", "stage", "std::string", "\"tiled\"", "linalg, tiled, buffers or llvm">,
    Option<"cpu", "cpu", "std::string", "\"native\"", "the CPU to lower for">,
    Option<"plain", "plain", "bool", "false", "plain loops: the fallback that always works">];
}

def CPUEvaluateConstants : Pass<"cpu-evaluate-constants", "::mlir::ModuleOp"> {
  let summary = "Evaluate ops on constants by compiling and running them";
  let description = [{
    What `nn-evaluate-constants` leaves. The ops become kernels for `Target::baseline()`, without
    contraction, whichever CPU the model is for and the compiler runs on, so that the bits are the
    same everywhere. Where that fails, a warning says why and the ops stay.
  }];
}

#endif // ACCEL_CPU_PASSES
