// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that scripts call, as one unit of which the linker keeps what a model uses.

// For uselocale.
#define _POSIX_C_SOURCE 200809L

#include "lib/Runtime/CPU/Ops/Common.h"

#include "lib/Runtime/CPU/Ops/AppendRows.c"
#include "lib/Runtime/CPU/Ops/Deform.c"
#include "lib/Runtime/CPU/Ops/Det.c"
#include "lib/Runtime/CPU/Ops/Fail.c"
#include "lib/Runtime/CPU/Ops/Find.c"
#include "lib/Runtime/CPU/Ops/Fold.c"
#include "lib/Runtime/CPU/Ops/Labels.c"
#include "lib/Runtime/CPU/Ops/Linear.c"
#include "lib/Runtime/CPU/Ops/Map.c"
#include "lib/Runtime/CPU/Ops/Move.c"
#include "lib/Runtime/CPU/Ops/NonMaxSuppression.c"
#include "lib/Runtime/CPU/Ops/Normalize.c"
#include "lib/Runtime/CPU/Ops/Numbers.c"
#include "lib/Runtime/CPU/Ops/Pad.c"
#include "lib/Runtime/CPU/Ops/Random.c"
#include "lib/Runtime/CPU/Ops/Range.c"
#include "lib/Runtime/CPU/Ops/Reduce.c"
#include "lib/Runtime/CPU/Ops/Regex.c"
#include "lib/Runtime/CPU/Ops/Roi.c"
#include "lib/Runtime/CPU/Ops/Sample.c"
#include "lib/Runtime/CPU/Ops/Select.c"
#include "lib/Runtime/CPU/Ops/Sequence.c"
#include "lib/Runtime/CPU/Ops/Shape.c"
#include "lib/Runtime/CPU/Ops/Spectrum.c"
#include "lib/Runtime/CPU/Ops/Svm.c"
#include "lib/Runtime/CPU/Ops/Text.c"
#include "lib/Runtime/CPU/Ops/TopK.c"
#include "lib/Runtime/CPU/Ops/TreeEnsemble.c"
#include "lib/Runtime/CPU/Ops/Unique.c"
