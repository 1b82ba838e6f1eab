// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes from nn to nn.
#ifndef ACCEL_NN_PASSES
#define ACCEL_NN_PASSES

include "mlir/Pass/PassBase.td"

def NNOutline : Pass<"nn-outline", "::mlir::ModuleOp"> {
  let summary = "Cut @main at branches, loops and calls into segments";
  let description = [{
    What `nn.if`, `nn.loop` and `nn.call` leave between them becomes functions of their own, marked
    `nn.segment`: as few as possible, for each block those ops that as many of its script ops must come
    before. Arithmetic on sizes and constants are copied into them; dims of their arguments that
    are equal have one name. @main is left with calls, and is marked `nn.script`. What an iteration of a loop computes
    without what it carries moves before the loop.

    ```mlir
    %0 = nn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = nn.if %c : tensor<i1> -> tensor<4xf32> then { nn.yield %0 : tensor<4xf32> }
      else { %2 = nn.neg %0 : tensor<4xf32> -> tensor<4xf32>  nn.yield %2 : tensor<4xf32> }
    ```
    becomes
    ```mlir
    %0 = call @segment_0(%x) : (tensor<4xf32>) -> tensor<4xf32>
    %1 = nn.if %c : tensor<i1> -> tensor<4xf32> then { nn.yield %0 : tensor<4xf32> }
      else { %2 = call @segment_1(%0) : (tensor<4xf32>) -> tensor<4xf32>  nn.yield %2 : tensor<4xf32> }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::accel::nn::NNDialect"];
}

def NNFoldAffine : Pass<"nn-fold-affine", "::mlir::func::FuncOp"> {
  let summary = "Fold multiplications and additions of constants into the weights before them";
  let description = [{
    Batch normalisation after a convolution, transposed or not, or a matrix product, scales and shifts of every kind:

        (conv(x, w) + b) * s + t  ->  conv(x, w * s) + (b * s + t)

    where `s` and `t` are constant and differ from one another by output channel at most, and nothing
    else reads what is between. The arithmetic on constants stays nn ops, for
    `nn-evaluate-constants`. f32 and f64 only: in narrower types the weights would lose digits.
  }];
}

def NNWidenHalves : Pass<"nn-widen-halves", "::mlir::func::FuncOp"> {
  let summary = "Compute convolutions, matrix products and poolings of half precision in f32";
  let description = [{
        conv(x, w) of f16  ->  cast(conv(cast(x), cast(w)))

    and the same of bf16. Their sums are f32 in any case, so that bits stay. The conversions are
    elementwise ops, which kernels take in as any others.
  }];
  let dependentDialects = ["::accel::nn::NNDialect"];
}

def NNLayout : Pass<"nn-layout", "::mlir::func::FuncOp"> {
  let summary = "Choose the physical layout of convolutions and matrix products";
  let description = [{
    f32 convolutions with constant weights, of one group or depthwise, become `nn.blocked_conv` and
    `nn.blocked_depthwise_conv` on channel-blocked tensors; elementwise ops, poolings, resizes, depth-to-space,
    spatial reductions, concatenations and pads behind them keep the blocks. A transposed convolution
    becomes one convolution to a channel for each of stride x stride positions, and a
    depth-to-space. `nn.unpack` stands where something needs N x C x S..., and is a reshape where that
    moves nothing. Matrix products with a constant right operand become `nn.packed_matmul`; leading
    dims of the left operand are merged, through the elementwise ops that follow. A matrix product
    behind a flattened blocked tensor reads it as it is: the rows of its weights are permuted instead.

    Packing of weights stays nn ops on constants, for `nn-evaluate-constants`. Run `canonicalize`
    afterwards.
  }];
  let options = [
    Option<"lanes", "lanes", "unsigned", /*default=*/"16", "f32 lanes of a vector register">,
    Option<"registers", "registers", "unsigned", /*default=*/"32", "vector registers">
  ];
  let dependentDialects = ["::accel::nn::NNDialect", "::mlir::tensor::TensorDialect"];
}

def NNFuseAttention : Pass<"nn-fuse-attention", "::mlir::func::FuncOp"> {
  let summary = "Make attention of two products with a softmax between them";
  let description = [{
    `softmax(q * k^T * scale + mask) * v` becomes one `nn.attention`:

        %s = nn.matmul %q, %kt            // %q and %kt reshaped, transposed, sliced, scaled
        %m = nn.add %s, %mask
        %p = nn.softmax %m axis 3
        %o = nn.matmul %p, %v
        %t = nn.transpose %o [0, 2, 1, 3]

    The scale may be on the queries, the keys or the scores; the mask is added, or chosen where a
    condition holds: a number of -1e30 or less in a score's place is added to it instead (a masked
    score that is NaN or infinite stays so). Rows of NaN that become zero are said so. Operands are
    traced back through reshapes, transposes, slices, broadcasts and constant indices, as far as what
    attention reads stays affine; a transpose of the result becomes its order.

    Nothing is done where scores or weights are read elsewhere, elements are not f32, or depths of
    heads are not known. The softmax then says why (`nn.apart`), for `accel-compile -v`.
  }];
  let dependentDialects = ["::accel::nn::NNDialect"];
}

def NNStates : Pass<"nn-states", "::mlir::func::FuncOp"> {
  let summary = "Put states behind all other arguments and results, and those that grow into place";
  let description = [{
    An argument with `nn.state = N` is result N of the run before. Where that result is the argument with rows behind
    it, the argument gets the dim that grows outermost, and the result becomes those rows alone: the run time puts
    them behind the state, and `nn.append` says of the concatenation that it is there already.

        func.func @main(%past: tensor<?x4x?x8xf32> {nn.state = 0}) {
          %present = nn.concat %past, %new axis 2
          return %present

    becomes

        func.func @main(%past: tensor<?x?x4x8xf32>) attributes {nn.state_axes = [2], nn.state_appends = [true]} {
          %rows = nn.transpose %new [2, 0, 1, 3]
          %whole = nn.concat %past, %rows axis 0 {nn.append}
          %present = nn.transpose %whole [1, 2, 0, 3]
          return %rows

    Run `canonicalize` before, so that the concatenation is seen, and afterwards.
  }];
  let dependentDialects = ["::accel::nn::NNDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NNEvaluateConstants : Pass<"nn-evaluate-constants", "::mlir::func::FuncOp"> {
  let summary = "Evaluate ops on constants that need no compiled code";
  let description = [{
    Ops that move elements without arithmetic (reshape, transpose, broadcast, slice, pad, concat,
    gather, pack, unpack), of any type and size; and the elementwise arithmetic whose results are
    defined to the bit: add, sub, mul, div, neg, abs, sqrt, reciprocal of f32 and f64, add, sub, mul,
    neg of i32 and i64. Splats stay splats, a reshape shares the bytes of its operand, and bytes that
    no constant uses any more are given back. Results of 64 KiB and more become `#nn.deferred`: their bytes are
    made when they are written to a file. What remains is for `cpu-evaluate-constants`.
  }];
  let dependentDialects = ["::accel::nn::NNDialect"];
}

def NNShareConstants : Pass<"nn-share-constants", "::mlir::func::FuncOp"> {
  let summary = "Make constants of equal bytes one";
  let description = [{
    Two weights of a file that are the same, as exporters leave them where modules share parameters, get one
    resource, so that `cse` merges them and what is made of them.
  }];
}

#endif // ACCEL_NN_PASSES
