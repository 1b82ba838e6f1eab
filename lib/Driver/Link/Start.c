// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where an executable model starts: the part of the C library's crt1.o that cannot be assumed to
// be on the machine that compiles the model. Built freestanding.

typedef void (*initializer)(int, char **, char **);

extern int main(int, char **, char **);
extern int __libc_start_main(int (*)(int, char **, char **), int, char **, initializer,
                             void (*)(void), void (*)(void), void *);

__attribute__((visibility("hidden"))) void accel_start(long *stack, void (*finish)(void));

// The linker defines these around .init_array.
extern const initializer __init_array_start[] __attribute__((visibility("hidden")));
extern const initializer __init_array_end[] __attribute__((visibility("hidden")));

// glibc before 2.34 leaves the constructors of the program itself to this function; destructors
// are run by the dynamic linker in all versions.
static void initialize(int argc, char **argv, char **environment) {
  for (const initializer *next = __init_array_start; next != __init_array_end; ++next)
    (*next)(argc, argv, environment);
}

void accel_start(long *stack, void (*finish)(void)) {
  __libc_start_main(main, (int)stack[0], (char **)(stack + 1), initialize, 0, finish, stack);
  __builtin_trap();
}

// The kernel leaves argc, argv and the environment on the stack; the dynamic linker leaves what is
// to be called at exit in a register.
#if defined(__x86_64__)
__asm__(".text\n.globl _start\n.type _start,@function\n_start:\n"
        "  xorl %ebp, %ebp\n  movq %rsp, %rdi\n  movq %rdx, %rsi\n  andq $-16, %rsp\n"
        "  call accel_start\n  ud2\n.size _start, . - _start\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl _start\n.type _start,%function\n_start:\n"
        "  mov x29, #0\n  mov x30, #0\n  mov x1, x0\n  mov x0, sp\n"
        "  b accel_start\n.size _start, . - _start\n");
#elif defined(__riscv) && __riscv_xlen == 64
__asm__(".text\n.globl _start\n.type _start,@function\n_start:\n"
        "  .option push\n  .option norelax\n  lla gp, __global_pointer$\n  .option pop\n"
        "  mv a1, a0\n  mv a0, sp\n  andi sp, sp, -16\n"
        "  tail accel_start\n.size _start, . - _start\n");
#else
#error "no start code for this architecture"
#endif
