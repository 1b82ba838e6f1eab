// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-compile with LLVM in it and nothing else.
int accelCompileMain(int argc, char **argv);

int main(int argc, char **argv) { return accelCompileMain(argc, argv); }
