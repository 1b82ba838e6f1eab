// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Needs a symbol that nobody has.

extern int accel_no_such_function(void);
__attribute__((visibility("default"))) int bad_check(void) { return accel_no_such_function(); }
