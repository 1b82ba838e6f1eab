// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime as one unit, so that all of it but the functions of Support.h is static and the
// linker sees one small object.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "lib/Runtime/Common/Internal.h"

#include "lib/Runtime/CPU/Features.c"
#include "lib/Runtime/CPU/Limits.c"
#include "lib/Runtime/CPU/Pool.c"
#include "lib/Runtime/CPU/SharedPool.c"

#include "lib/Runtime/Common/ArenaPlan.c"
#include "lib/Runtime/Common/Context.c"
#include "lib/Runtime/Common/Inputs.c"
#include "lib/Runtime/Common/Launches.c"
#include "lib/Runtime/Common/Memory.c"
#include "lib/Runtime/Common/Message.c"
#include "lib/Runtime/Common/Model.c"
#include "lib/Runtime/Common/Outputs.c"
#include "lib/Runtime/Common/Plan.c"
#include "lib/Runtime/Common/Random.c"
#include "lib/Runtime/Common/Run.c"
#include "lib/Runtime/Common/SavedState.c"
#include "lib/Runtime/Common/Script.c"
#include "lib/Runtime/Common/Slice.c"
#include "lib/Runtime/Common/State.c"
#include "lib/Runtime/Common/Strings.c"
#include "lib/Runtime/Common/Tensor.c"

#include "lib/Runtime/CPU/Dispatch.c"
