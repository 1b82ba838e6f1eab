// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Measures what this machine can do at most: float32 multiply-adds, and copies of memory. It
// answers a line of its input with a line of its output and uses no CPU in between:
//   fma          GFLOP/s of all threads together
//   copy BYTES   GB/s read and written while BYTES are (half of them read, half written), again and
//                again, so that they lie in whatever cache they fit
// usage: peak THREADS
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
  TRIES = 20, ///< short ones, of which the median counts, as of an engine's runs
  TRY_NS = 1000000,
  CHAINS = 12, ///< hide the latency of a multiply-add on any core, and fit into 16 registers
};

/// Of CPU time, so that a neighbour on the same CPU makes the machine look no slower.
static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/// A loop of `rounds` times CHAINS independent multiply-adds of vectors. The empty assembly keeps
/// each chain in a register and the loop a loop.
#define FMA_LOOP(NAME, TARGET, VECTOR, SET, FMA, REGISTER)                                         \
  TARGET static void NAME(long rounds) {                                                           \
    const VECTOR factor = SET(0.999f), term = SET(1e-3f);                                          \
    VECTOR sums[CHAINS];                                                                           \
    for (int i = 0; i < CHAINS; ++i)                                                               \
      sums[i] = SET((float)i);                                                                     \
    for (long r = 0; r < rounds; ++r) {                                                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; ++i) {                        \
        sums[i] = FMA(sums[i], factor, term);                                                      \
        __asm__ volatile("" : "+" REGISTER(sums[i]));                                              \
      }                                                                                            \
    }                                                                                              \
  }

#if defined(__x86_64__)
#define SSE_FMA(x, y, z) _mm_add_ps(_mm_mul_ps(x, y), z)
FMA_LOOP(fma_sse, , __m128, _mm_set1_ps, SSE_FMA, "x")
FMA_LOOP(fma_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps,
         "x")
FMA_LOOP(fma_avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps,
         "v")
#else
typedef float vector __attribute__((vector_size(16)));
#define SPLAT(x) ((vector){x, x, x, x})
#define CONTRACTED(x, y, z) ((x) * (y) + (z)) // with -ffp-contract=fast
FMA_LOOP(fma_generic, , vector, SPLAT, CONTRACTED, "w")
#endif

typedef struct {
  void (*loop)(long);
  double flops; ///< of one round
} fma_kind;

static fma_kind fastest(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return (fma_kind){fma_avx512, 2.0 * 16 * CHAINS};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (fma_kind){fma_avx2, 2.0 * 8 * CHAINS};
  return (fma_kind){fma_sse, 2.0 * 4 * CHAINS};
#else
  return (fma_kind){fma_generic, 2.0 * 4 * CHAINS};
#endif
}

/// What a thread does: `work(this)` once to try how long it takes, then TRIES times for about
/// TRY_NS.
typedef struct task {
  void (*work)(struct task *, long rounds);
  fma_kind fma;
  char *from, *to;
  size_t bytes;            ///< to be copied by this thread
  double amount;           ///< flops or bytes of one round
  double rates[TRIES];     ///< of this thread, in amounts a nanosecond
  pthread_barrier_t *gate; ///< all threads work at the same time
} task;

static void multiply(task *t, long rounds) { t->fma.loop(rounds); }

static void copy(task *t, long rounds) {
  for (long r = 0; r < rounds; ++r) {
    memcpy(t->to, t->from, t->bytes);
    __asm__ volatile("" : : "r"(t->to), "r"(t->from) : "memory");
  }
}

static void *work(void *argument) {
  task *t = argument;
  long rounds = 1;
  for (double begin, spent = 0; spent < TRY_NS; rounds *= spent < TRY_NS ? 2 : 1) {
    begin = nanoseconds();
    t->work(t, rounds);
    spent = nanoseconds() - begin;
  }
  for (int i = 0; i < TRIES; ++i) {
    pthread_barrier_wait(t->gate);
    double begin = nanoseconds();
    t->work(t, rounds);
    t->rates[i] = t->amount * (double)rounds / (nanoseconds() - begin);
  }
  return NULL;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/// The median of the tries of all threads together, in 1e9 a second. Not the best: a core's clock
/// differs by a tenth from one millisecond to the next, and engines are told by their medians too.
static double measure(task model, int threads) {
  task tasks[threads];
  pthread_t ids[threads];
  pthread_barrier_t gate;
  pthread_barrier_init(&gate, NULL, (unsigned)threads);
  for (int i = 0; i < threads; ++i) {
    tasks[i] = model;
    tasks[i].gate = &gate;
    if (model.bytes) {
      // Pages of its own for each thread; a quarter page apart, since copies between addresses that
      // agree in their last 12 bits stall.
      tasks[i].from = aligned_alloc(4096, (model.bytes + 8191) / 4096 * 4096);
      tasks[i].to = aligned_alloc(4096, (model.bytes + 8191) / 4096 * 4096);
      if (!tasks[i].from || !tasks[i].to)
        exit(1);
      tasks[i].to += 1024;
      memset(tasks[i].from, 1, model.bytes);
      memset(tasks[i].to, 2, model.bytes);
    }
  }
  for (int i = 1; i < threads; ++i)
    if (pthread_create(&ids[i], NULL, work, &tasks[i]))
      exit(1);
  work(&tasks[0]);
  for (int i = 1; i < threads; ++i)
    pthread_join(ids[i], NULL);
  double sums[TRIES] = {0};
  for (int k = 0; k < TRIES; ++k)
    for (int i = 0; i < threads; ++i)
      sums[k] += tasks[i].rates[k];
  qsort(sums, TRIES, sizeof *sums, ascending);
  for (int i = 0; i < threads && model.bytes; ++i) {
    free(tasks[i].from);
    free(tasks[i].to - 1024);
  }
  pthread_barrier_destroy(&gate);
  return (sums[TRIES / 2 - 1] + sums[TRIES / 2]) / 2;
}

int main(int count, char **words) {
  int threads = count > 1 ? atoi(words[1]) : 1;
  if (threads < 1) {
    fprintf(stderr, "usage: peak THREADS\n");
    return 2;
  }
  char line[128];
  while (fgets(line, sizeof line, stdin)) {
    size_t bytes;
    task model = {0};
    if (strncmp(line, "fma", 3) == 0) {
      model.work = multiply;
      model.fma = fastest();
      model.amount = model.fma.flops;
    } else if (sscanf(line, "copy %zu", &bytes) == 1) {
      model.work = copy;
      model.bytes = bytes / 2 / (size_t)threads;
      model.bytes = model.bytes ? model.bytes : 1;
      model.amount = 2.0 * (double)model.bytes;
    } else {
      fprintf(stderr, "peak: unknown command: %s", line);
      return 2;
    }
    printf("%.2f\n", measure(model, threads));
    fflush(stdout);
  }
  return 0;
}
