// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Processes that compile kernels: a request is a module, a reply an object.
#include "lib/Driver/Workers.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

namespace accel {
namespace {

struct Request {
  uint64_t bytes; ///< of the module that follows
  uint64_t level;
  uint64_t plain;
};

/// Followed by the object, then the two texts.
struct Reply {
  uint64_t objectBytes, errorBytes, whyPlainBytes;
  int64_t scratchBytes, items;
  uint64_t plain;
  double seconds;
};

bool readAll(int fd, void *data, size_t size) {
  for (char *at = static_cast<char *>(data); size;) {
    ssize_t got = recv(fd, at, size, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    size -= got;
  }
  return true;
}

bool writeAll(int fd, const void *data, size_t size) {
  for (const char *at = static_cast<const char *>(data); size;) {
    ssize_t put = send(fd, at, size, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    at += put;
    size -= put;
  }
  return true;
}

bool readText(int fd, std::string &text, size_t size) {
  text.resize(size);
  return readAll(fd, text.data(), size);
}

KernelResult compileText(mlir::MLIRContext &context, StringRef text, const cpu::Target &target,
                         cpu::KernelOptions options) {
  KernelResult result;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context));
  if (!module) {
    result.error = "the kernel cannot be read back";
    return result;
  }
  options.symbolPrefix = module->getSymName().value_or("").str();
  return compileHere(*module->getOps<exec::KernelOp>().begin(), target, options);
}

/// A worker's life: from request to request until the socket closes.
[[noreturn]] void serve(int socket, ArrayRef<cpu::Target> levels, const cpu::KernelOptions &base) {
  mlir::DialectRegistry registry;
  cpu::registerKernelDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects(); // while the model is still being read
  Request request;
  while (readAll(socket, &request, sizeof request)) {
    std::string text;
    if (!readText(socket, text, request.bytes))
      break;
    cpu::KernelOptions options = base;
    options.plain |= request.plain;
    KernelResult result = compileText(context, text, levels[request.level], options);
    Reply reply = {result.kernel.object.size(),
                   result.error.size(),
                   result.kernel.whyPlain.size(),
                   result.kernel.scratchBytes,
                   result.kernel.items,
                   result.kernel.plain,
                   result.seconds};
    if (!writeAll(socket, &reply, sizeof reply) ||
        !writeAll(socket, result.kernel.object.data(), result.kernel.object.size()) ||
        !writeAll(socket, result.error.data(), result.error.size()) ||
        !writeAll(socket, result.kernel.whyPlain.data(), result.kernel.whyPlain.size()))
      break;
  }
  _exit(0);
}

bool readReply(int socket, KernelResult &result) {
  Reply reply;
  if (!readAll(socket, &reply, sizeof reply))
    return false;
  result.kernel.object.resize_for_overwrite(reply.objectBytes);
  result.kernel.scratchBytes = reply.scratchBytes;
  result.kernel.items = reply.items;
  result.kernel.plain = reply.plain;
  result.seconds = reply.seconds;
  return readAll(socket, result.kernel.object.data(), reply.objectBytes) &&
         readText(socket, result.error, reply.errorBytes) &&
         readText(socket, result.kernel.whyPlain, reply.whyPlainBytes);
}

} // namespace

KernelResult compileHere(exec::KernelOp kernel, const cpu::Target &target,
                         const cpu::KernelOptions &options) {
  KernelResult result;
  auto start = std::chrono::steady_clock::now();
  Expected<cpu::CompiledKernel> compiled = cpu::compileKernel(kernel, target, options);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (compiled)
    result.kernel = std::move(*compiled);
  else
    result.error = toString(compiled.takeError());
  return result;
}

WorkerPool::WorkerPool(unsigned count, ArrayRef<cpu::Target> levels,
                       const cpu::KernelOptions &options)
    : levels(levels), options(options), workers(count) {
  for (Worker &worker : workers)
    start(worker);
}

WorkerPool::~WorkerPool() {
  for (Worker &worker : workers)
    bury(worker);
}

void WorkerPool::start(Worker &worker) {
  outs().flush(); // or the child would hold a copy of what is not yet written
  int sockets[2];
  worker = Worker();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
    return;
  worker.errors = memfd_create("accel-worker", MFD_CLOEXEC);
  pid_t parent = getpid();
  worker.pid = fork();
  if (worker.pid) {
    close(sockets[1]);
    worker.socket = sockets[0];
    if (worker.pid < 0)
      bury(worker);
    return;
  }
  // LLVM's handlers would hide how it died.
  for (int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP})
    signal(number, SIG_DFL);
  // A worker whose parent dies must not stay behind, nor leave cores or its words on the terminal.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(0);
  rlimit noCore = {0, 0};
  setrlimit(RLIMIT_CORE, &noCore);
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(worker.errors < 0 ? nowhere : worker.errors, STDERR_FILENO);
  close(sockets[0]);
  for (const Worker &other : workers)
    if (&other != &worker && other.socket >= 0)
      close(other.socket);
  serve(sockets[1], levels, options);
}

std::string WorkerPool::bury(Worker &worker) {
  if (worker.socket >= 0)
    close(worker.socket);
  std::string how;
  if (worker.pid > 0) {
    int status = 0;
    while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR)
      ;
    how = WIFSIGNALED(status) ? std::string("ended by signal ") + strsignal(WTERMSIG(status))
                              : "ended with status " + std::to_string(WEXITSTATUS(status));
  }
  if (worker.errors >= 0) {
    char text[400];
    ssize_t size = pread(worker.errors, text, sizeof text, 0);
    StringRef line = size > 0 ? StringRef(text, size).trim().split('\n').first : StringRef();
    if (!line.empty())
      how += (": " + line).str();
    close(worker.errors);
  }
  worker = Worker();
  return how;
}

bool WorkerPool::isAlive() const {
  return any_of(workers, [](const Worker &worker) { return worker.socket >= 0; });
}

std::vector<KernelResult> WorkerPool::compile(ArrayRef<KernelRequest> kernels,
                                              function_ref<void(size_t)> finished) {
  std::vector<KernelResult> results(kernels.size());
  std::vector<bool> plain(kernels.size());
  std::vector<size_t> waiting;
  for (size_t i = kernels.size(); i-- > 0;)
    waiting.push_back(i);

  size_t done = 0;
  auto finish = [&] { finished(++done); };
  // Takes over after a death: the kernel waits again, as a plain one; twice is once too often.
  auto died = [&](Worker &worker) {
    size_t number = worker.busy;
    std::string how = bury(worker);
    start(worker);
    KernelResult &result = results[number];
    if (plain[number]) {
      result.error = how;
      finish();
      return;
    }
    result = KernelResult();
    result.crash = how;
    plain[number] = true;
    waiting.push_back(number);
  };

  while (done < kernels.size()) {
    SmallVector<pollfd> polls;
    SmallVector<Worker *> polled;
    for (Worker &worker : workers) {
      if (worker.busy < 0 && worker.socket >= 0 && !waiting.empty()) {
        size_t number = waiting.back();
        waiting.pop_back();
        worker.busy = number;
        const std::string &text = kernels[number].text;
        Request request = {text.size(), kernels[number].level, plain[number]};
        if (!writeAll(worker.socket, &request, sizeof request) ||
            !writeAll(worker.socket, text.data(), text.size())) {
          died(worker);
          continue;
        }
      }
      if (worker.busy >= 0) {
        polls.push_back({worker.socket, POLLIN, 0});
        polled.push_back(&worker);
      }
    }
    if (polls.empty()) {
      if (!isAlive()) { // and none could be made again
        for (size_t number : waiting)
          results[number].error = "no worker process could be started";
        return results;
      }
      continue;
    }
    if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR)
      continue;
    for (auto [entry, worker] : zip(polls, polled)) {
      if (!entry.revents)
        continue;
      size_t number = worker->busy;
      std::string crash = std::move(results[number].crash);
      if (!readReply(worker->socket, results[number])) {
        results[number].crash = std::move(crash);
        died(*worker);
        continue;
      }
      results[number].crash = std::move(crash);
      worker->busy = -1;
      finish();
    }
  }
  return results;
}

} // namespace accel
