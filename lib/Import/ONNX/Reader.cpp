// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opens, maps and parses ONNX files; whatever the file holds, the answer is a model or one error.
#include "lib/Import/ONNX/Reader.h"
#include "lib/Import/ONNX/FunctionBodies.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace accel::onnx_import;
using llvm::StringRef;
using llvm::Twine;

static bool fail(std::string &error, const Twine &what) {
  error = what.str();
  return false;
}

std::shared_ptr<MappedFile> MappedFile::map(int descriptor, std::string &error) {
  struct stat info;
  auto file = std::make_shared<MappedFile>();
  if (fstat(descriptor, &info) != 0)
    fail(error, Twine("cannot read it: ") + strerror(errno));
  else if (S_ISDIR(info.st_mode))
    fail(error, "expected a file, found a folder");
  else if (!S_ISREG(info.st_mode))
    fail(error, "expected a regular file, found a device, pipe or socket");
  else if (info.st_size > 0) {
    void *data = mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED) {
      fail(error, Twine("cannot map it: ") + strerror(errno));
    } else {
      file->data = static_cast<const char *>(data);
      file->size = info.st_size;
    }
  }
  close(descriptor);
  return error.empty() ? file : nullptr;
}

MappedFile::~MappedFile() {
  if (data)
    munmap(const_cast<char *>(data), size);
}

/// What a file that is not ONNX looks like, or "".
static StringRef guessFormat(StringRef bytes) {
  if (bytes.starts_with("version https://git-lfs"))
    return "a Git LFS pointer: fetch the file itself with `git lfs pull`";
  if (bytes.starts_with("PK\x03\x04"))
    return "a zip archive (a PyTorch checkpoint, say): export the model to ONNX first";
  if (bytes.starts_with("\x89HDF"))
    return "an HDF5 file (a Keras model, say): convert the model to ONNX first";
  if (bytes.substr(4).starts_with("TFL3"))
    return "a TensorFlow Lite model: convert it to ONNX first";
  if (bytes.starts_with("\x7f"
                        "ELF"))
    return "an ELF binary: expected the model, not a compiled one";
  if (bytes.ltrim().starts_with("<"))
    return "a web page: the download went wrong";
  if (bytes.starts_with("GGUF"))
    return "a GGUF file: export the model to ONNX first";
  return "";
}

std::unique_ptr<ModelFile> ModelFile::open(StringRef path, std::string &error) {
  auto failure = [&](const Twine &what) {
    fail(error, what);
    return nullptr;
  };
  // Not blocking: opening a pipe must not hang.
  int descriptor = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0)
    return failure(Twine("cannot open it: ") + strerror(errno));
  auto result = std::make_unique<ModelFile>();
  result->file = MappedFile::map(descriptor, error);
  if (!result->file)
    return nullptr;
  StringRef bytes = result->file->bytes();
  if (bytes.empty())
    return failure("the file is empty");
  if (StringRef format = guessFormat(bytes); !format.empty())
    return failure("expected an ONNX model, found " + format);

  Structure structure;
  std::string problem;
  if (!splitWeights(bytes, structure, problem))
    return failure("not an ONNX model, or damaged: " + problem);
  result->spans = std::move(structure.spans);
  {
    google::protobuf::LogSilencer quiet;
    google::protobuf::io::ArrayInputStream stream(structure.bytes.data(), structure.bytes.size());
    google::protobuf::io::CodedInputStream coded(&stream);
    if (!result->proto.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage())
      return failure("not an ONNX model, or damaged: its fields are not those of a ModelProto");
  }
  const onnx::ModelProto &model = result->proto;
  if (!model.has_graph())
    return failure("not an ONNX model: it has no graph");
  if (model.ir_version() > kNewestIRVersion)
    return failure("IR version " + Twine(model.ir_version()) + " is newer than " +
                   Twine(kNewestIRVersion) +
                   ", the newest known one: export the model for an older version");
  for (const onnx::OperatorSetIdProto &opset : model.opset_import())
    if ((opset.domain().empty() || opset.domain() == "ai.onnx") && opset.version() > kNewestOpset)
      return failure("opset " + Twine(opset.version()) + " is newer than " + Twine(kNewestOpset) +
                     ", the newest known one: export the model for an older opset");

  std::string folder = path.contains('/') ? path.substr(0, path.rfind('/') + 1).str() : ".";
  if (char *canonical = realpath(folder.c_str(), nullptr)) {
    result->folder = canonical;
    free(canonical);
  }
  return result;
}

Bytes ModelFile::span(uint64_t index) const {
  return {file->bytes().substr(spans[index].offset, spans[index].length), file};
}

/// Opens a canonical path below `folder` without following links, in case one was put there since.
static int openBelow(StringRef folder, StringRef relative) {
  int at = ::open(folder.str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  llvm::SmallVector<StringRef> parts;
  relative.split(parts, '/');
  for (size_t i = 0; i < parts.size() && at >= 0; ++i) {
    int flags = i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY;
    int next = openat(at, parts[i].str().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
    int reason = errno;
    close(at);
    at = next;
    errno = reason;
  }
  return at;
}

int64_t ModelFile::numberOf(StringRef text) {
  auto [known, isNew] = numbers.try_emplace(text, texts.size());
  if (isNew)
    texts.push_back(text.str());
  return known->second;
}

std::vector<std::string> ModelFile::externalFiles() const {
  std::vector<std::string> paths;
  for (const auto &[location, mapped] : externals)
    if (mapped)
      paths.push_back(folder + "/" + location.str());
  llvm::sort(paths);
  return paths;
}

bool ModelFile::external(StringRef location, uint64_t offset, uint64_t length, Bytes &result,
                         std::string &error) {
  std::string quoted = ("external data '" + location + "'").str();
  if (location.empty() || location.contains('\0') || location.starts_with("/"))
    return fail(error, quoted + ": expected a path relative to the model's folder");
  std::shared_ptr<MappedFile> &mapped = externals[location];
  if (!mapped) {
    char *canonical = realpath((folder + "/" + location.str()).c_str(), nullptr);
    if (!canonical)
      return fail(error, quoted + ": cannot open it: " + strerror(errno));
    std::string path = canonical, prefix = folder == "/" ? folder : folder + "/";
    free(canonical);
    if (folder.empty() || !StringRef(path).starts_with(prefix))
      return fail(error, quoted + " lies outside the model's folder, which is not allowed: copy it "
                                  "into the folder");
    int descriptor = openBelow(folder, StringRef(path).drop_front(prefix.size()));
    if (descriptor < 0)
      return fail(error, quoted + ": cannot open it: " + strerror(errno));
    std::string problem;
    mapped = MappedFile::map(descriptor, problem);
    if (!mapped)
      return fail(error, quoted + ": " + problem);
  }
  StringRef bytes = mapped->bytes();
  if (offset > bytes.size() || length > bytes.size() - offset)
    return fail(error, quoted + ": expected " + Twine(length) + " bytes at offset " +
                           Twine(offset) + ", the file has " + Twine(bytes.size()));
  result = {bytes.substr(offset, length), mapped};
  return true;
}
