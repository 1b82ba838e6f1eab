// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of CPUs, what each has, and the cost model's table.
//
// Everything in a Target follows from its triple, CPU name and features alone; nothing is measured
// or read from the machine beyond these. So the printed string reproduces a library anywhere.
#include "lib/Target/CPU/Target.h"
#include "accel-rt/Support.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;

namespace accel::cpu {

void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
#define ACCEL_CODE_GENERATOR(arch)                                                                 \
  LLVMInitialize##arch##TargetInfo();                                                              \
  LLVMInitialize##arch##Target();                                                                  \
  LLVMInitialize##arch##TargetMC();                                                                \
  LLVMInitialize##arch##AsmPrinter();                                                              \
  LLVMInitialize##arch##AsmParser();
#include "lib/Target/CPU/CodeGenerators.def"
#undef ACCEL_CODE_GENERATOR
  });
}

namespace {

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

Expected<const llvm::Target *> findTarget(StringRef triple) {
  initializeTargets();
  std::string reason;
  if (const auto *found = TargetRegistry::lookupTarget(Triple(triple), reason))
    return found;
  return failure("no code generator for the triple '" + triple +
                 "'; known are x86_64-linux-gnu, aarch64-linux-gnu and riscv64-linux-gnu");
}

std::unique_ptr<MCSubtargetInfo> subtarget(StringRef triple, StringRef cpu, StringRef features) {
  Expected<const llvm::Target *> target = findTarget(triple);
  if (!target) {
    consumeError(target.takeError());
    return nullptr;
  }
  return std::unique_ptr<MCSubtargetInfo>(
      (*target)->createMCSubtargetInfo(Triple(triple), cpu, features));
}

std::string hostTriple() {
  return (Triple(sys::getProcessTriple()).getArchName() + "-unknown-linux-gnu").str();
}

/// What code of no particular machine may use on an architecture.
StringRef genericCpu(const Triple &triple) {
  if (triple.getArch() == Triple::x86_64)
    return "x86-64-v2";
  return triple.isRISCV64() ? "generic-rv64" : "generic";
}

/// An architecture alone is too little to run on: LLVM's generic-rv64 has no floating point.
StringRef genericFeatures(const Triple &triple, StringRef cpu) {
  return triple.isRISCV64() && cpu == "generic-rv64" ? "+a,+c,+d,+f,+m" : "";
}

/// Caches of the CPUs that are met most; others get the first row.
struct CpuRow {
  StringLiteral cpu;
  unsigned fmaLatency, fmaPerCycle;
  uint64_t l1KB, l2KB, l3KB;
};
constexpr CpuRow kCpuRows[] = {
    {"", 4, 2, 32, 1024, 16384},
    {"x86-64-v2", 5, 1, 32, 256, 8192},
    {"x86-64-v3", 4, 2, 32, 512, 16384},
    {"x86-64-v4", 4, 2, 32, 1024, 16384},
    {"haswell", 5, 2, 32, 256, 8192},
    {"broadwell", 5, 2, 32, 256, 8192},
    {"skylake", 4, 2, 32, 256, 8192},
    {"skylake-avx512", 4, 2, 32, 1024, 16384},
    {"cascadelake", 4, 2, 32, 1024, 16384},
    {"icelake-server", 4, 2, 48, 1280, 24576},
    {"sapphirerapids", 4, 2, 48, 2048, 32768},
    {"emeraldrapids", 4, 2, 48, 2048, 32768},
    {"graniterapids", 4, 2, 48, 2048, 32768},
    {"alderlake", 4, 2, 48, 1280, 16384},
    {"znver1", 5, 1, 32, 512, 8192},
    {"znver2", 5, 2, 32, 512, 16384},
    {"znver3", 4, 2, 32, 512, 32768},
    {"znver4", 4, 1, 32, 1024, 32768},
    {"znver5", 4, 2, 48, 1024, 32768},
    {"neoverse-n1", 4, 2, 64, 1024, 16384},
    {"neoverse-v1", 4, 4, 64, 1024, 32768},
    {"neoverse-n2", 4, 2, 64, 1024, 32768},
    {"neoverse-v2", 4, 4, 64, 2048, 65536},
};

bool contains(StringRef features, StringRef wanted) {
  return llvm::is_contained(llvm::split(features, ','), wanted);
}

void fillCostTable(Target &target) {
  auto find = [](StringRef cpu) {
    return llvm::find_if(kCpuRows, [&](const CpuRow &r) { return r.cpu == cpu; });
  };
  const CpuRow *row = find(target.cpu);
  if (row == std::end(kCpuRows))
    row = kCpuRows;
  // A virtual machine may go by an older name; what has tile registers is a Sapphire Rapids at
  // least.
  if (contains(target.features, "+amx-tile") && row->l2KB < find("sapphirerapids")->l2KB)
    row = find("sapphirerapids");
  target.fmaLatency = row->fmaLatency;
  target.fmaPerCycle = row->fmaPerCycle;
  target.l1Bytes = row->l1KB << 10;
  target.l2Bytes = row->l2KB << 10;
  target.l3Bytes = row->l3KB << 10;

  Triple triple(target.triple);
  bool wide = contains(target.features, "+avx512f") && contains(target.features, "+avx512vl");
  if (triple.getArch() == Triple::x86_64) {
    target.vectorBits = wide ? 512 : contains(target.features, "+avx") ? 256 : 128;
    target.vectorRegisters = wide ? 32 : 16;
    target.fma = wide || contains(target.features, "+fma");
    target.scalef = wide;
  } else {
    target.vectorBits = 128;
    target.vectorRegisters = 32;
    target.fma = true;
  }
}

/// Makes a target of names that were checked. `changes` ("+a,-b") are on top of what the CPU has.
Target make(StringRef triple, StringRef cpu, StringRef changes) {
  Target target;
  target.triple = triple.str();
  target.cpu = cpu.str();
  std::unique_ptr<MCSubtargetInfo> info = subtarget(triple, cpu, changes);
  SmallVector<std::string> features;
  for (const SubtargetFeatureKV &feature : info->getEnabledProcessorFeatures())
    features.push_back("+" + std::string(feature.Key));
  // What the CPU has by name but this machine lacks must be taken away by name.
  for (StringRef change : llvm::split(changes, ','))
    if (change.starts_with("-"))
      features.push_back(change.str());
  llvm::sort(features);
  target.features = llvm::join(features, ",");
  fillCostTable(target);
  return target;
}

StringSet<> enabled(StringRef triple, StringRef cpu, StringRef changes) {
  StringSet<> set;
  for (const SubtargetFeatureKV &feature :
       subtarget(triple, cpu, changes)->getEnabledProcessorFeatures())
    set.insert(feature.Key);
  return set;
}

/// Checks "+a,-b" against the names that the architecture has.
Error checkFeatures(StringRef triple, StringRef changes) {
  std::unique_ptr<MCSubtargetInfo> info = subtarget(triple, "", "");
  for (StringRef change : llvm::split(changes, ',')) {
    StringRef name = change;
    bool known = (name.consume_front("+") || name.consume_front("-")) &&
                 llvm::any_of(info->getAllProcessorFeatures(),
                              [&](const SubtargetFeatureKV &kv) { return name == kv.Key; });
    if (!known)
      return failure("unknown CPU feature '" + change + "' for " + triple +
                     "; expected names such as +avx2 or -avx512f");
  }
  return Error::success();
}

} // namespace

Target Target::host() {
  std::string triple = hostTriple();
  std::string cpu = sys::getHostCPUName().str();
  std::unique_ptr<MCSubtargetInfo> info = subtarget(triple, "", "");
  if (!info->isCPUStringValid(cpu) || cpu == "generic")
    cpu = genericCpu(Triple(triple)).str();
  // Only what differs from the CPU's own list: a virtual machine or a system may hide features, and
  // a CPU that LLVM does not know has more than its generic name says.
  StringSet<> implied = enabled(triple, cpu, genericFeatures(Triple(triple), cpu));
  SmallVector<std::string> changes;
  for (const auto &[name, has] : sys::getHostCPUFeatures()) {
    bool known = llvm::any_of(info->getAllProcessorFeatures(), [&](const SubtargetFeatureKV &kv) {
      return StringRef(kv.Key) == name;
    });
    if (known && has != implied.contains(name))
      changes.push_back((has ? "+" : "-") + name.str());
  }
  llvm::sort(changes);
  return make(triple, cpu, llvm::join(changes, ","));
}

std::optional<Target> Target::parseFor(mlir::Operation *op, StringRef cpu) {
  Expected<Target> target = parse(cpu);
  if (target)
    return std::move(*target);
  op->emitError(toString(target.takeError()));
  return std::nullopt;
}

Target Target::baseline() {
  Triple triple(hostTriple());
  StringRef cpu = genericCpu(triple);
  return make(triple.str(), cpu, genericFeatures(triple, cpu));
}

Expected<Target> Target::parse(StringRef cpu, StringRef tripleText) {
  // The string of str() is "triple:cpu" or "triple:cpu:changes".
  StringRef changes;
  if (cpu.contains(':')) {
    auto [inner, rest] = cpu.split(':');
    if (!tripleText.empty() && Triple::normalize(tripleText) != inner)
      return failure("the target '" + cpu + "' is for another triple than '" + tripleText +
                     "'; give one of the two");
    tripleText = inner;
    std::tie(cpu, changes) = rest.split(':');
  }
  std::string triple = tripleText.empty() ? hostTriple() : Triple::normalize(tripleText);
  Triple parsed(triple);
  if (Expected<const llvm::Target *> found = findTarget(triple); !found)
    return found.takeError();
  if (!parsed.isArch64Bit() || !parsed.isOSLinux() || !parsed.isLittleEndian())
    return failure("cannot compile for the triple '" + triple +
                   "': expected a 64-bit little-endian Linux, such as x86_64-linux-gnu, "
                   "aarch64-linux-gnu or riscv64-linux-gnu");

  bool isHostArch = parsed.getArch() == Triple(hostTriple()).getArch();
  if (cpu == "native" && !isHostArch)
    return failure("--cpu=native means this machine's CPU, which is no " + parsed.getArchName() +
                   "; name one, such as --cpu=" + genericCpu(parsed));
  if (cpu == "native" || (cpu.empty() && isHostArch)) {
    Target target = host();
    target.triple = triple;
    return target;
  }
  if (cpu.empty())
    cpu = genericCpu(parsed);
  if (cpu == "armv8-a")
    cpu = "generic";
  if (!subtarget(triple, "", "")->isCPUStringValid(cpu))
    return failure("unknown CPU '" + cpu + "' for " + triple + "; expected native, " +
                   (parsed.getArch() == Triple::x86_64
                        ? "x86-64-v2, x86-64-v3, x86-64-v4, or a name of LLVM's such as znver5"
                        : genericCpu(parsed).str() + ", or a name of LLVM's"));
  if (changes.empty())
    changes = genericFeatures(parsed, cpu);
  if (!changes.empty())
    if (Error error = checkFeatures(triple, changes))
      return std::move(error);
  Target target = make(triple, cpu, changes);
  // glibc tells a process of no extension of RISC-V in a way that all versions have: what a model
  // could not check at load, it must not use.
  if (parsed.isRISCV64()) {
    StringRef plain = genericCpu(parsed);
    StringSet<> known = enabled(triple, plain, genericFeatures(parsed, plain));
    for (StringRef feature : llvm::split(target.features, ','))
      if (feature.consume_front("+") && !known.contains(feature))
        return failure("cannot compile for the CPU '" + cpu + "' of " + triple +
                       ": it has the feature '" + feature +
                       "', but a model cannot ask at load whether the machine has it; expected " +
                       plain + " (rv64gc)");
  }
  return target;
}

std::string Target::str() const {
  StringSet<> implied = enabled(triple, cpu, "");
  SmallVector<std::string> changes;
  for (StringRef feature : llvm::split(features, ','))
    if (feature.starts_with("-") || !implied.contains(feature.drop_front()))
      changes.push_back(feature.str());
  std::string text = triple + ":" + cpu;
  return changes.empty() ? text : text + ":" + llvm::join(changes, ",");
}

uint64_t Target::runtimeFeatures() const {
  using Row = std::pair<StringLiteral, uint64_t>;
  static constexpr Row kArmBits[] = {
      {"+aes", ACCEL_CPU_ARM_AES},
      {"+sha2", ACCEL_CPU_ARM_SHA2},
      {"+crc", ACCEL_CPU_ARM_CRC},
      {"+lse", ACCEL_CPU_ARM_LSE},
      {"+fullfp16", ACCEL_CPU_ARM_FULLFP16},
      {"+rdm", ACCEL_CPU_ARM_RDM},
      {"+jsconv", ACCEL_CPU_ARM_JSCONV},
      {"+complxnum", ACCEL_CPU_ARM_COMPLXNUM},
      {"+rcpc", ACCEL_CPU_ARM_RCPC},
      {"+sha3", ACCEL_CPU_ARM_SHA3},
      {"+sm4", ACCEL_CPU_ARM_SM4},
      {"+dotprod", ACCEL_CPU_ARM_DOTPROD},
      {"+sve", ACCEL_CPU_ARM_SVE},
      {"+fp16fml", ACCEL_CPU_ARM_FP16FML},
      {"+rcpc-immo", ACCEL_CPU_ARM_RCPC_IMMO},
      {"+flagm", ACCEL_CPU_ARM_FLAGM},
      {"+sve2", ACCEL_CPU_ARM_SVE2},
      {"+altnzcv", ACCEL_CPU_ARM_ALTNZCV},
      {"+fptoint", ACCEL_CPU_ARM_FPTOINT},
      {"+f32mm", ACCEL_CPU_ARM_F32MM},
      {"+f64mm", ACCEL_CPU_ARM_F64MM},
      {"+i8mm", ACCEL_CPU_ARM_I8MM},
      {"+bf16", ACCEL_CPU_ARM_BF16},
  };
  static constexpr Row kX86Bits[] = {
      {"+sse3", ACCEL_CPU_SSE3},
      {"+ssse3", ACCEL_CPU_SSSE3},
      {"+sse4.1", ACCEL_CPU_SSE4_1},
      {"+sse4.2", ACCEL_CPU_SSE4_2},
      {"+popcnt", ACCEL_CPU_POPCNT},
      {"+cx16", ACCEL_CPU_CX16},
      {"+sahf", ACCEL_CPU_LAHF},
      {"+avx", ACCEL_CPU_AVX},
      {"+avx2", ACCEL_CPU_AVX2},
      {"+fma", ACCEL_CPU_FMA},
      {"+f16c", ACCEL_CPU_F16C},
      {"+bmi", ACCEL_CPU_BMI},
      {"+bmi2", ACCEL_CPU_BMI2},
      {"+lzcnt", ACCEL_CPU_LZCNT},
      {"+movbe", ACCEL_CPU_MOVBE},
      {"+avx512f", ACCEL_CPU_AVX512F},
      {"+avx512bw", ACCEL_CPU_AVX512BW},
      {"+avx512cd", ACCEL_CPU_AVX512CD},
      {"+avx512dq", ACCEL_CPU_AVX512DQ},
      {"+avx512vl", ACCEL_CPU_AVX512VL},
      {"+avx512vnni", ACCEL_CPU_AVX512VNNI},
      {"+avx512bf16", ACCEL_CPU_AVX512BF16},
      {"+avx512fp16", ACCEL_CPU_AVX512FP16},
      {"+avx512vbmi", ACCEL_CPU_AVX512VBMI},
      {"+avx512vbmi2", ACCEL_CPU_AVX512VBMI2},
      {"+avx512ifma", ACCEL_CPU_AVX512IFMA},
      {"+avx512bitalg", ACCEL_CPU_AVX512BITALG},
      {"+avx512vpopcntdq", ACCEL_CPU_AVX512VPOPCNTDQ},
      {"+avxvnni", ACCEL_CPU_AVXVNNI},
      {"+avxvnniint8", ACCEL_CPU_AVXVNNIINT8},
      {"+avxifma", ACCEL_CPU_AVXIFMA},
      {"+avxneconvert", ACCEL_CPU_AVXNECONVERT},
      {"+gfni", ACCEL_CPU_GFNI},
      {"+vaes", ACCEL_CPU_VAES},
      {"+vpclmulqdq", ACCEL_CPU_VPCLMULQDQ},
      {"+amx-tile", ACCEL_CPU_AMX_TILE},
      {"+amx-int8", ACCEL_CPU_AMX_INT8},
      {"+amx-bf16", ACCEL_CPU_AMX_BF16},
      {"+amx-fp16", ACCEL_CPU_AMX_FP16},
  };
  const Triple::ArchType arch = Triple(triple).getArch();
  ArrayRef<Row> rows;
  if (arch == Triple::x86_64)
    rows = kX86Bits;
  else if (arch == Triple::aarch64)
    rows = kArmBits;
  uint64_t bits = 0;
  for (const auto &[name, bit] : rows)
    if (contains(features, name))
      bits |= bit;
  return bits;
}

Expected<std::unique_ptr<TargetMachine>> Target::createMachine(unsigned optLevel) const {
  Expected<const llvm::Target *> target = findTarget(triple);
  if (!target)
    return target.takeError();
  TargetOptions options;
  // Products and sums are fused only where the IR's own flags allow it.
  options.AllowFPOpFusion = FPOpFusion::Standard;
  static constexpr CodeGenOptLevel kLevels[] = {CodeGenOptLevel::None, CodeGenOptLevel::Less,
                                                CodeGenOptLevel::Default,
                                                CodeGenOptLevel::Aggressive};
  std::unique_ptr<TargetMachine> machine(
      (*target)->createTargetMachine(Triple(triple), cpu, features, options, Reloc::PIC_,
                                     CodeModel::Small, kLevels[std::min(optLevel, 3u)]));
  if (!machine)
    return failure("LLVM cannot make code for " + str());
  return machine;
}

SmallVector<StringRef> tunedCpus() {
  SmallVector<StringRef> names;
  for (const CpuRow &row : kCpuRows)
    if (!row.cpu.empty())
      names.push_back(row.cpu);
  return names;
}

} // namespace accel::cpu
