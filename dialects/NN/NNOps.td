// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The index of the nn dialect's op families.
#ifndef ACCEL_NN_OPS
#define ACCEL_NN_OPS

include "dialects/NN/NNAttentionOps.td"
include "dialects/NN/NNAttributes.td"
include "dialects/NN/NNControlOps.td"
include "dialects/NN/NNConvOps.td"
include "dialects/NN/NNElementwiseOps.td"
include "dialects/NN/NNIndexOps.td"
include "dialects/NN/NNLayoutOps.td"
include "dialects/NN/NNMatmulOps.td"
include "dialects/NN/NNReduceOps.td"
include "dialects/NN/NNResizeOps.td"
include "dialects/NN/NNShapeOps.td"
include "dialects/NN/NNTypes.td"

#endif // ACCEL_NN_OPS
