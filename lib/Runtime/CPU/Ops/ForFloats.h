// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Includes the file FOR_FLOATS once for each type that its loops compute with: REAL is the type,
// SUFFIX(name) the function of that type. Included once for each such file, so it has no guard.

#define REAL float
#define SUFFIX(name) name##_f32
#include FOR_FLOATS
#undef REAL
#undef SUFFIX
#define REAL double
#define SUFFIX(name) name##_f64
#include FOR_FLOATS
#undef REAL
#undef SUFFIX
#undef FOR_FLOATS
