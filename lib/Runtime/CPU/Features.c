// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the machine can do: a feature counts if the processor has it and the system saves the
// registers that it uses.

#include "lib/Runtime/Common/Internal.h"
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LEAF_1_ECX, LEAF_7_EBX, LEAF_7_ECX, LEAF_7_EDX, LEAF_71_EAX, LEAF_71_EDX, EXTENDED_ECX };
enum { NUM_REGISTERS = EXTENDED_ECX + 1 };

/// State that the system must save (bits of XCR0).
enum { NO_STATE = 0, AVX_STATE = 0x6, AVX512_STATE = 0xe6, AMX_STATE = 0x60000 };

static const struct feature {
  uint64_t bit;
  const char *name;
  uint8_t word; // register of cpuid
  uint8_t position;
  uint32_t state;
} features[] = {
    {ACCEL_CPU_SSE3, "sse3", LEAF_1_ECX, 0, NO_STATE},
    {ACCEL_CPU_SSSE3, "ssse3", LEAF_1_ECX, 9, NO_STATE},
    {ACCEL_CPU_SSE4_1, "sse4.1", LEAF_1_ECX, 19, NO_STATE},
    {ACCEL_CPU_SSE4_2, "sse4.2", LEAF_1_ECX, 20, NO_STATE},
    {ACCEL_CPU_POPCNT, "popcnt", LEAF_1_ECX, 23, NO_STATE},
    {ACCEL_CPU_CX16, "cx16", LEAF_1_ECX, 13, NO_STATE},
    {ACCEL_CPU_LAHF, "lahf", EXTENDED_ECX, 0, NO_STATE},
    {ACCEL_CPU_AVX, "avx", LEAF_1_ECX, 28, AVX_STATE},
    {ACCEL_CPU_AVX2, "avx2", LEAF_7_EBX, 5, AVX_STATE},
    {ACCEL_CPU_FMA, "fma", LEAF_1_ECX, 12, AVX_STATE},
    {ACCEL_CPU_F16C, "f16c", LEAF_1_ECX, 29, AVX_STATE},
    {ACCEL_CPU_BMI, "bmi", LEAF_7_EBX, 3, NO_STATE},
    {ACCEL_CPU_BMI2, "bmi2", LEAF_7_EBX, 8, NO_STATE},
    {ACCEL_CPU_LZCNT, "lzcnt", EXTENDED_ECX, 5, NO_STATE},
    {ACCEL_CPU_MOVBE, "movbe", LEAF_1_ECX, 22, NO_STATE},
    {ACCEL_CPU_AVX512F, "avx512f", LEAF_7_EBX, 16, AVX512_STATE},
    {ACCEL_CPU_AVX512BW, "avx512bw", LEAF_7_EBX, 30, AVX512_STATE},
    {ACCEL_CPU_AVX512CD, "avx512cd", LEAF_7_EBX, 28, AVX512_STATE},
    {ACCEL_CPU_AVX512DQ, "avx512dq", LEAF_7_EBX, 17, AVX512_STATE},
    {ACCEL_CPU_AVX512VL, "avx512vl", LEAF_7_EBX, 31, AVX512_STATE},
    {ACCEL_CPU_AVX512VNNI, "avx512vnni", LEAF_7_ECX, 11, AVX512_STATE},
    {ACCEL_CPU_AVX512BF16, "avx512bf16", LEAF_71_EAX, 5, AVX512_STATE},
    {ACCEL_CPU_AVX512FP16, "avx512fp16", LEAF_7_EDX, 23, AVX512_STATE},
    {ACCEL_CPU_AVX512VBMI, "avx512vbmi", LEAF_7_ECX, 1, AVX512_STATE},
    {ACCEL_CPU_AVX512VBMI2, "avx512vbmi2", LEAF_7_ECX, 6, AVX512_STATE},
    {ACCEL_CPU_AVX512IFMA, "avx512ifma", LEAF_7_EBX, 21, AVX512_STATE},
    {ACCEL_CPU_AVX512BITALG, "avx512bitalg", LEAF_7_ECX, 12, AVX512_STATE},
    {ACCEL_CPU_AVX512VPOPCNTDQ, "avx512vpopcntdq", LEAF_7_ECX, 14, AVX512_STATE},
    {ACCEL_CPU_AVXVNNI, "avxvnni", LEAF_71_EAX, 4, AVX_STATE},
    {ACCEL_CPU_AVXVNNIINT8, "avxvnniint8", LEAF_71_EDX, 4, AVX_STATE},
    {ACCEL_CPU_AVXIFMA, "avxifma", LEAF_71_EAX, 23, AVX_STATE},
    {ACCEL_CPU_AVXNECONVERT, "avxneconvert", LEAF_71_EDX, 5, AVX_STATE},
    {ACCEL_CPU_GFNI, "gfni", LEAF_7_ECX, 8, NO_STATE},
    {ACCEL_CPU_VAES, "vaes", LEAF_7_ECX, 9, AVX_STATE},
    {ACCEL_CPU_VPCLMULQDQ, "vpclmulqdq", LEAF_7_ECX, 10, AVX_STATE},
    {ACCEL_CPU_AMX_TILE, "amx-tile", LEAF_7_EDX, 24, AMX_STATE},
    {ACCEL_CPU_AMX_INT8, "amx-int8", LEAF_7_EDX, 25, AMX_STATE},
    {ACCEL_CPU_AMX_BF16, "amx-bf16", LEAF_7_EDX, 22, AMX_STATE},
    {ACCEL_CPU_AMX_FP16, "amx-fp16", LEAF_71_EAX, 21, AMX_STATE},
};
enum { NUM_FEATURES = sizeof features / sizeof *features };

static uint64_t saved_state(uint32_t leaf_1_ecx) {
  if (!(leaf_1_ecx & (1u << 27))) // OSXSAVE: xgetbv exists and the system uses it
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static uint64_t detect(void) {
  uint32_t registers[NUM_REGISTERS] = {0};
  uint32_t eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    registers[LEAF_1_ECX] = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    registers[LEAF_7_EBX] = ebx;
    registers[LEAF_7_ECX] = ecx;
    registers[LEAF_7_EDX] = edx;
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
      registers[LEAF_71_EAX] = eax;
      registers[LEAF_71_EDX] = edx;
    }
  }
  if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx))
    registers[EXTENDED_ECX] = ecx;
  uint64_t state = saved_state(registers[LEAF_1_ECX]);
  uint64_t found = 0;
  for (int i = 0; i < NUM_FEATURES; ++i)
    if ((registers[features[i].word] >> features[i].position & 1) &&
        (state & features[i].state) == features[i].state)
      found |= features[i].bit;
  return found;
}

/// Linux lets a process use the tile registers only after it has asked.
static bool may_use_amx(void) {
  enum { ARCH_REQUEST_XCOMP_PERMISSION = 0x1023, XFEATURE_TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQUEST_XCOMP_PERMISSION, XFEATURE_TILE_DATA) == 0;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

static const struct feature {
  uint64_t bit;
  const char *name; // LLVM's
  uint8_t word;     // AT_HWCAP or AT_HWCAP2
  uint8_t position;
} features[] = {
    {ACCEL_CPU_ARM_AES, "aes", 0, 3},
    {ACCEL_CPU_ARM_SHA2, "sha2", 0, 6},
    {ACCEL_CPU_ARM_CRC, "crc", 0, 7},
    {ACCEL_CPU_ARM_LSE, "lse", 0, 8},
    {ACCEL_CPU_ARM_FULLFP16, "fullfp16", 0, 10},
    {ACCEL_CPU_ARM_RDM, "rdm", 0, 12},
    {ACCEL_CPU_ARM_JSCONV, "jsconv", 0, 13},
    {ACCEL_CPU_ARM_COMPLXNUM, "complxnum", 0, 14},
    {ACCEL_CPU_ARM_RCPC, "rcpc", 0, 15},
    {ACCEL_CPU_ARM_SHA3, "sha3", 0, 17},
    {ACCEL_CPU_ARM_SM4, "sm4", 0, 19},
    {ACCEL_CPU_ARM_DOTPROD, "dotprod", 0, 20},
    {ACCEL_CPU_ARM_SVE, "sve", 0, 22},
    {ACCEL_CPU_ARM_FP16FML, "fp16fml", 0, 23},
    {ACCEL_CPU_ARM_RCPC_IMMO, "rcpc-immo", 0, 26},
    {ACCEL_CPU_ARM_FLAGM, "flagm", 0, 27},
    {ACCEL_CPU_ARM_SVE2, "sve2", 1, 1},
    {ACCEL_CPU_ARM_ALTNZCV, "altnzcv", 1, 7},
    {ACCEL_CPU_ARM_FPTOINT, "fptoint", 1, 8},
    {ACCEL_CPU_ARM_F32MM, "f32mm", 1, 10},
    {ACCEL_CPU_ARM_F64MM, "f64mm", 1, 11},
    {ACCEL_CPU_ARM_I8MM, "i8mm", 1, 13},
    {ACCEL_CPU_ARM_BF16, "bf16", 1, 14},
};
enum { NUM_FEATURES = sizeof features / sizeof *features };

static uint64_t detect(void) {
  const unsigned long words[] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
  uint64_t found = 0;
  for (int i = 0; i < NUM_FEATURES; ++i)
    if (words[features[i].word] >> features[i].position & 1)
      found |= features[i].bit;
  return found;
}
static bool may_use_amx(void) { return true; }

#elif defined(__riscv)
// The baseline is all that the compiler emits, so no bits are defined.
static const struct feature {
  uint64_t bit;
  const char *name;
} features[1];
enum { NUM_FEATURES = 0 };
static uint64_t detect(void) { return 0; }
static bool may_use_amx(void) { return true; }
#else
#error "the runtime supports x86-64, aarch64 and riscv64"
#endif

#if defined(__x86_64__)
static const uint64_t AMX_FEATURES =
    ACCEL_CPU_AMX_TILE | ACCEL_CPU_AMX_INT8 | ACCEL_CPU_AMX_BF16 | ACCEL_CPU_AMX_FP16;
#else
static const uint64_t AMX_FEATURES = 0;
#endif

/// What ACCEL_CPU_WITHOUT names, behind commas: a machine can be taken for a lesser one.
static uint64_t unwanted(void) {
  uint64_t found = 0;
  const char *text = getenv("ACCEL_CPU_WITHOUT");
  while (text && *text) {
    const char *end = strchr(text, ',');
    size_t length = end ? (size_t)(end - text) : strlen(text);
    for (int i = 0; i < NUM_FEATURES; ++i)
      if (strlen(features[i].name) == length && memcmp(features[i].name, text, length) == 0)
        found |= features[i].bit;
    text += length + (text[length] == ',');
  }
  return found;
}

uint64_t accel_rt_cpu_features(void) {
  static atomic_uint_fast64_t known; // the top bit: it has been set
  uint64_t found = atomic_load_explicit(&known, memory_order_relaxed);
  if (!found) {
    found = (detect() & ~unwanted()) | (uint64_t)1 << 63;
    if ((found & AMX_FEATURES) && !may_use_amx())
      found &= ~AMX_FEATURES;
    atomic_store_explicit(&known, found, memory_order_relaxed);
  }
  return found & ~((uint64_t)1 << 63);
}

ACCEL_LOCAL bool accel_missing_features(uint64_t needed, accel_text *text) {
  uint64_t missing = needed & ~accel_rt_cpu_features();
  if (!missing)
    return false;
  const char *separator = "";
  for (int i = 0; i < NUM_FEATURES; ++i)
    if (missing & features[i].bit) {
      accel_print(text, "%s%s", separator, features[i].name);
      separator = ", ";
      missing &= ~features[i].bit;
    }
  if (missing)
    accel_print(text, "%sfeatures that this runtime does not know (%#llx)", separator,
                (unsigned long long)missing);
  return true;
}
