// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Models as .so files, loaded by a program that has no runtime of its own: one pool for all of
// them, which outlives its library, and no allocation while a model runs.
#include "RuntimeTest.h"
#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace accel::test;

//===-- The interposer ----------------------------------------------------------------------===//

static std::atomic<bool> counting = false;
static std::atomic<int> allocations = 0;

static void count() {
  if (counting.load(std::memory_order_relaxed))
    ++allocations;
}

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) { return count(), __libc_malloc(bytes); }
void *calloc(size_t number, size_t bytes) { return count(), __libc_calloc(number, bytes); }
void *realloc(void *old, size_t bytes) { return count(), __libc_realloc(old, bytes); }
void *aligned_alloc(size_t to, size_t bytes) { return count(), __libc_memalign(to, bytes); }
int posix_memalign(void **result, size_t to, size_t bytes) {
  count();
  *result = __libc_memalign(to, bytes);
  return *result ? 0 : ENOMEM;
}
void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  count();
  return reinterpret_cast<void *>(
      syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}
}

namespace {

int threadsOfProcess() {
  int count = 0;
  for ([[maybe_unused]] auto &task : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

/// A library of its own in each test: a copy, since an owner of the pool can never be unloaded.
class Library {
public:
  Library(const char *prefix, const char *copy) : prefix(prefix) {
    std::filesystem::path from = std::string(ACCEL_TEST_LIBRARIES "/lib") + prefix + ".so";
    path = std::filesystem::temp_directory_path() /
           (std::string("accel-") + copy + "-" + std::to_string(getpid()) + ".so");
    std::filesystem::copy_file(from, path, std::filesystem::copy_options::overwrite_existing);
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle, nullptr) << dlerror();
  }
  ~Library() {
    close();
    std::filesystem::remove(path);
  }
  const accel_model *model(const char *suffix) const {
    auto entry =
        reinterpret_cast<accel_model_fn>(dlsym(handle, (prefix + suffix + "_model").c_str()));
    EXPECT_NE(entry, nullptr);
    return entry();
  }
  void close() {
    if (handle)
      dlclose(handle);
    handle = nullptr;
  }
  bool isLoaded() const {
    void *found = dlopen(path.c_str(), RTLD_NOLOAD | RTLD_LAZY);
    if (found)
      dlclose(found);
    return found;
  }

private:
  std::string prefix;
  std::filesystem::path path;
  void *handle;
};

void runAndCheck(accel_context *context, const std::vector<float> &x) {
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value(), out[] = {accel_none(), accel_none()};
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << accel_message(context);
  expectFixed(x, data<float>(out[0]), data<float>(out[1]));
}

/// The order of these tests matters little: whichever library owns the pool stays loaded.
TEST(Libraries, ShareOnePoolThatOutlivesItsLibrary) {
  int before = threadsOfProcess();
  Library first("alpha", "first"), second("beta", "second");
  std::vector<float> x = randomFloats(kRows * kColumns, 1);
  auto one = std::make_unique<Context>(first.model("_fixed"), 4);
  runAndCheck(*one, x);
  EXPECT_EQ(threadsOfProcess(), before + 3);
  Context two(second.model("_fixed"), 4);
  runAndCheck(two, x);
  EXPECT_EQ(threadsOfProcess(), before + 3) << "no second pool";

  // The owner is closed while the other one runs on its pool.
  std::atomic<bool> done = false;
  std::atomic<int> runs = 0;
  std::thread runner([&] {
    while (!done) {
      runAndCheck(two, x);
      ++runs;
    }
  });
  while (runs < 20)
    std::this_thread::yield();
  one.reset();
  first.close();
  int sofar = runs;
  while (runs < sofar + 200)
    std::this_thread::yield();
  done = true;
  runner.join();
  EXPECT_TRUE(first.isLoaded()) << "the owner of the pool stays";
  EXPECT_EQ(threadsOfProcess(), before + 3);
}

TEST(Libraries, OthersCanBeUnloaded) {
  Library keeper("alpha", "keeper"); // if no test before made a pool, this one owns it
  Context keep(keeper.model("_fixed"), 3);
  std::vector<float> x = randomFloats(kRows * kColumns, 2);
  runAndCheck(keep, x);
  for (int i = 0; i < 20; ++i) {
    Library guest("beta", "guest");
    {
      Context context(guest.model("_fixed"), 3);
      runAndCheck(context, x);
    }
    guest.close();
    EXPECT_FALSE(guest.isLoaded());
    runAndCheck(keep, x);
  }
}

int allocationsOf(const std::function<void()> &body) {
  allocations = 0;
  counting = true;
  body();
  counting = false;
  return allocations;
}

TEST(Libraries, StaticShapesNeverAllocateWhileRunning) {
  Library library("alpha", "static");
  Context context(library.model("_fixed"), 4);
  std::vector<float> x = randomFloats(kRows * kColumns, 3);
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value(), out[] = {accel_none(), accel_none()};
  accel_status status = ACCEL_OK;
  EXPECT_EQ(allocationsOf([&] {
              for (int i = 0; i < 100; ++i) {
                out[0] = out[1] = accel_none();
                status |= accel_run(context, &in, 1, out, 2);
              }
            }),
            0);
  EXPECT_EQ(status, ACCEL_OK);
  expectFixed(x, data<float>(out[0]), data<float>(out[1]));
  EXPECT_GT(allocationsOf([&] { free(malloc(100)); }), 0) << "the interposer works";
}

TEST(Libraries, DynamicShapesAllocateOnlyToGrow) {
  Library library("alpha", "dynamic");
  Context context(library.model("_dynamic"), 4);
  std::vector<float> a = randomFloats(64 * kWidth, 4, -3);
  auto run = [&](int64_t n) {
    int64_t shape[] = {n, kWidth};
    accel_value in[] = {accel_tensor_value(accel_float32(a.data(), 2, shape)),
                        accel_tensor_value(accel_float32(a.data(), 2, shape))};
    accel_value out[] = {accel_none(), accel_none()};
    EXPECT_EQ(accel_run(context, in, 2, out, 2), ACCEL_OK) << context.message();
    for (int64_t i = 0; i < n * kWidth; ++i)
      ASSERT_EQ(data<float>(out[0])[i], 3 * a[i]);
  };
  EXPECT_GT(allocationsOf([&] { run(40); }), 0);
  EXPECT_EQ(allocationsOf([&] {
              for (int64_t n : {40, 1, 17, 40, 39})
                run(n);
            }),
            0);
  int64_t most = 64;
  ASSERT_EQ(accel_reserve(context, &most, 1), ACCEL_OK);
  // The arena and c are there; what depends on the data grows in the first run.
  EXPECT_LE(allocationsOf([&] { run(64); }), 2);
  EXPECT_EQ(allocationsOf([&] { run(64); }), 0);
  accel_memory_info memory = context.memory();
  EXPECT_GE(memory.arena_bytes, 64 + 64 * kWidth * 4);
  EXPECT_GE(memory.peak_bytes, memory.total_bytes);
}

TEST(Libraries, AllMemoryIsTheHooks) {
  struct Heap {
    int64_t held = 0, calls = 0, limit = INT64_MAX;
  } heap;
  accel_options own = options(2);
  own.allocator.user = &heap;
  own.allocator.allocate = [](void *user, size_t bytes, size_t alignment) -> void * {
    Heap &heap = *static_cast<Heap *>(user);
    EXPECT_GE(alignment, 64u);
    if (heap.held + int64_t(bytes) > heap.limit)
      return nullptr;
    heap.held += bytes;
    ++heap.calls;
    return std::aligned_alloc(alignment, bytes);
  };
  own.allocator.release = [](void *user, void *memory, size_t bytes) {
    static_cast<Heap *>(user)->held -= bytes;
    std::free(memory);
  };
  Library library("beta", "hooks");
  {
    Context context(library.model("_fixed"), own);
    runAndCheck(context, randomFloats(kRows * kColumns, 5));
    EXPECT_EQ(context.memory().total_bytes, heap.held);
    EXPECT_EQ(context.memory().allocations, heap.calls);
  }
  EXPECT_EQ(heap.held, 0);
  // Wherever memory ends, the caller gets a status and nothing leaks.
  for (heap.limit = 0; heap.limit < 100000; heap.limit += 1000) {
    accel_context *context;
    char message[256];
    accel_status status =
        accel_create(library.model("_fixed"), &own, &context, message, sizeof message);
    if (status == ACCEL_OK) {
      EXPECT_GT(heap.limit, 60000);
      accel_destroy(context);
    } else {
      EXPECT_EQ(status, ACCEL_OUT_OF_MEMORY);
      EXPECT_NE(std::string(message).find("cannot allocate"), std::string::npos);
    }
    ASSERT_EQ(heap.held, 0);
  }
}

} // namespace
