// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel's C function (buffers, dims, begin, end, scratch) and its grid.
// RUN: accel-opt %s -cpu-lower-kernels="stage=llvm cpu=x86-64-v4" -split-input-file | FileCheck %s
// RUN: accel-opt %s -cpu-lower-kernels="stage=buffers cpu=x86-64-v4" -split-input-file | FileCheck %s --check-prefix=BUFFERS

// Buffers are inputs, then outputs; sizes come from the dims; items are done from begin to end.
// CHECK-LABEL: exec.kernel @rows attributes {{{.*}}stage = "llvm"}
// CHECK: llvm.func @rows_kernel(%[[B:.*]]: !llvm.ptr, %[[DIMS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %{{.*}}: !llvm.ptr)
// CHECK-DAG: llvm.load %[[DIMS]] : !llvm.ptr -> i64
// CHECK-DAG: llvm.load %[[B]] : !llvm.ptr -> !llvm.ptr
// CHECK-DAG: %[[SECOND:.*]] = llvm.getelementptr %[[B]][1]
// CHECK-DAG: llvm.load %[[SECOND]] : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.br ^[[LOOP:.*]](%[[BEGIN]] : i64)
// CHECK: ^[[LOOP]](%[[ITEM:.*]]: i64):
// CHECK: llvm.icmp "slt" %[[ITEM]], %[[END]]
// The grid is ceil(rows / rows of an item).
// CHECK: llvm.func @rows_kernel_grid(%[[SAME:.*]]: !llvm.ptr) -> i64
// CHECK: llvm.load %[[SAME]] : !llvm.ptr -> i64
// CHECK: llvm.sdiv
// CHECK: llvm.return
// BUFFERS-LABEL: exec.kernel @rows attributes {{{.*}}stage = "buffers"}
// BUFFERS: func.func @rows(%{{.*}}: index, %{{.*}}: memref<?x40xf32> {{.*}}, %{{.*}}: memref<?x40xf32> {{.*}}, %{{.*}}: memref<?xi8>)
// BUFFERS-NOT: memref.alloc
exec.kernel @rows {
  func.func @rows(%n: index, %x: tensor<?x40xf32> {exec.shape = affine_map<()[s0] -> (s0, 40)>})
      -> (tensor<?x40xf32> {exec.shape = affine_map<()[s0] -> (s0, 40)>}) {
    %0 = nn.relu %x : tensor<?x40xf32> -> tensor<?x40xf32>
    return %0 : tensor<?x40xf32>
  }
}

// -----

// The second dim is at dims[1].
// CHECK-LABEL: exec.kernel @two_dims
// CHECK: llvm.func @two_dims_kernel(%{{.*}}: !llvm.ptr, %[[DIMS:.*]]: !llvm.ptr,
// CHECK-DAG: llvm.load %[[DIMS]] : !llvm.ptr -> i64
// CHECK-DAG: %[[AT:.*]] = llvm.getelementptr %[[DIMS]][1] : (!llvm.ptr) -> !llvm.ptr, i64
// CHECK-DAG: llvm.load %[[AT]] : !llvm.ptr -> i64
exec.kernel @two_dims {
  func.func @two_dims(%n: index, %m: index, %x: tensor<?x?xf32> {exec.shape = affine_map<()[s0, s1] -> (s0, s1)>})
      -> (tensor<?x?xf32> {exec.shape = affine_map<()[s0, s1] -> (s1, s0)>}) {
    %0 = nn.transpose %x [1, 0] : tensor<?x?xf32> -> tensor<?x?xf32>
    return %0 : tensor<?x?xf32>
  }
}

// -----

// Less than an item's work is one item, whatever the arguments are.
// CHECK-LABEL: exec.kernel @small
// CHECK: llvm.func @small_kernel_grid(%{{.*}}: !llvm.ptr) -> i64
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : {{.*}}) : i64
// CHECK: llvm.return %[[ONE]]
exec.kernel @small {
  func.func @small(%x: tensor<16xf32> {exec.shape = affine_map<() -> (16)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>}) {
    %0 = nn.relu %x : tensor<16xf32> -> tensor<16xf32>
    return %0 : tensor<16xf32>
  }
}

// -----

// A static grid is a constant.
// CHECK-LABEL: exec.kernel @columns
// CHECK: llvm.func @columns_kernel_grid(%{{.*}}: !llvm.ptr) -> i64
// CHECK-NOT: llvm.load
// CHECK: %[[ITEMS:.*]] = llvm.mlir.constant({{[0-9]+}} : {{.*}}) : i64
// CHECK: llvm.return %[[ITEMS]]
exec.kernel @columns {
  func.func @columns(%x: tensor<1000x4096xf32> {exec.shape = affine_map<() -> (1000, 4096)>})
      -> (tensor<4096xf32> {exec.shape = affine_map<() -> (4096)>}) {
    %0 = nn.reduce sum %x axes [0] : tensor<1000x4096xf32> -> tensor<4096xf32>
    return %0 : tensor<4096xf32>
  }
}

// -----

// What lies between two loops is in the thread's scratch memory, the last argument, at an aligned offset.
// CHECK-LABEL: exec.kernel @scratch
// CHECK: llvm.func @scratch_kernel(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %[[SCRATCH:.*]]: !llvm.ptr)
// CHECK-NOT: llvm.alloca
// CHECK-NOT: llvm.call
// CHECK: llvm.getelementptr %[[SCRATCH]]
// BUFFERS-LABEL: exec.kernel @scratch
// BUFFERS: func.func @scratch({{.*}}, %[[SCRATCH:[^:]*]]: memref<?xi8>)
// BUFFERS-NOT: memref.alloc
// BUFFERS: memref.view %[[SCRATCH]]
exec.kernel @scratch {
  func.func @scratch(%x: tensor<2x3000xf32> {exec.shape = affine_map<() -> (2, 3000)>}) -> (tensor<2xf32> {exec.shape = affine_map<() -> (2)>}) {
    %0 = nn.transpose %x [1, 0] : tensor<2x3000xf32> -> tensor<3000x2xf32>
    %1 = nn.softmax %0 axis 0 : tensor<3000x2xf32> -> tensor<3000x2xf32>
    %2 = nn.reduce max %1 axes [0] : tensor<3000x2xf32> -> tensor<2xf32>
    return %2 : tensor<2xf32>
  }
}
