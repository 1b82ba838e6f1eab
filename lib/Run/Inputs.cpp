// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The inputs of a run, collected from the command line.

#include "lib/Run/Inputs.h"
#include "lib/Run/DType.h"
#include "lib/Run/Image.h"
#include "lib/Run/Npy.h"
#include "lib/Run/Proto.h"
#include "lib/Run/Random.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

llvm::Expected<std::vector<NamedValue>> accel::run::readValues(StringRef path, accel_kind kind) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             file.getError().message().c_str());
  StringRef bytes = (*file)->getBuffer();
  auto explain = [&](Error error) {
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             llvm::toString(std::move(error)).c_str());
  };
  std::vector<NamedValue> values;
  if (path.ends_with(".npz")) {
    auto members = parseNpz(bytes);
    if (!members)
      return explain(members.takeError());
    return std::move(*members);
  }
  if (path.ends_with(".npy")) {
    llvm::Expected<Value> value = parseNpy(bytes);
    if (!value)
      return explain(value.takeError());
    values.push_back({"", std::move(*value)});
  } else if (path.ends_with(".pb")) {
    llvm::Expected<NamedValue> value = parseProto(bytes, kind);
    if (!value)
      return explain(value.takeError());
    values.push_back(std::move(*value));
  } else {
    return createStringError("cannot read '%s': expected a .npy, .npz or .pb file",
                             path.str().c_str());
  }
  return values;
}

/// A map's values, which files hold one by one, as one tensor. Others stay: the model refuses them.
static void joinValues(Value &values) {
  if (values.kind != ACCEL_SEQUENCE || values.items.empty())
    return;
  const Value &first = values.items.front();
  bool isText = first.kind == ACCEL_STRING_TENSOR;
  for (const Value &item : values.items)
    if (item.kind != first.kind || item.elements() != 1 ||
        !(isText || (item.kind == ACCEL_TENSOR && item.dtype == first.dtype)))
      return;
  std::vector<int64_t> shape = {static_cast<int64_t>(values.items.size())};
  Value joined;
  if (isText) {
    joined.kind = ACCEL_STRING_TENSOR;
    joined.shape = shape;
    for (Value &item : values.items)
      joined.strings.push_back(std::move(item.strings.front()));
  } else {
    llvm::Expected<Value> made = makeTensor(first.dtype, shape);
    if (!made)
      return llvm::consumeError(made.takeError());
    joined = std::move(*made);
    size_t bytes = first.data.size();
    for (size_t i = 0; i < values.items.size(); ++i)
      std::memcpy(joined.data.data() + i * bytes, values.items[i].data.data(), bytes);
  }
  values = std::move(joined);
}

/// Maps, also those inside of other values, as a model takes them: files say neither of what kind
/// the keys of an empty map are nor that its values are one tensor. kinds: see accel_port.flags.
static void joinMaps(Value &value, const accel_port &port, uint32_t kinds) {
  constexpr uint32_t kKindMask = (1u << ACCEL_KIND_BITS) - 1;
  uint32_t within = kinds >> ACCEL_KIND_BITS;
  if (value.kind != ACCEL_MAP) {
    for (Value &item : value.items)
      joinMaps(item, port, within);
    return;
  }
  Value &keys = value.items[0], &values = value.items[1];
  joinValues(values);
  if (!kinds || keys.elements())
    return;
  auto makeEmpty = [](uint32_t kind, accel_dtype dtype) {
    Value empty;
    empty.kind = static_cast<accel_kind>(kind);
    empty.dtype = dtype;
    empty.shape = {0};
    return empty;
  };
  keys = makeEmpty(within & kKindMask, {ACCEL_INT, 64, 1});
  if (values.kind == ACCEL_SEQUENCE && values.items.empty())
    values = makeEmpty(within >> ACCEL_KIND_BITS & kKindMask, port.dtype);
}

void accel::run::adoptType(Value &value, const accel_port &port) {
  joinMaps(value, port, port.flags);
  if (value.kind != ACCEL_TENSOR || port.kind != ACCEL_TENSOR)
    return;
  bool typeless = value.dtype.code == ACCEL_OPAQUE;
  // Files that were written without ml_dtypes hold such elements as unsigned numbers.
  bool bits = value.dtype.code == ACCEL_UINT && !isInteger(port.dtype) &&
              (port.dtype.bits < 16 || port.dtype.code == ACCEL_BFLOAT);
  if ((typeless || bits) && elementBytes(value.dtype) == elementBytes(port.dtype) &&
      port.dtype.code != ACCEL_BOOL)
    value.dtype = port.dtype;
}

namespace {
/// The inputs as they are found.
class Collector {
public:
  Collector(const Model &model, Options &options)
      : model(model), options(options), values(model.info().inputs) {}

  Error readFiles();
  Error fillRest();
  std::vector<Value> take();

private:
  Error set(int32_t index, Value value, StringRef from);
  Error setImage(int32_t index, StringRef path);
  Error readNamed(StringRef name, StringRef path);
  Error readPositional(StringRef path);
  Error readArchive(StringRef path);
  Error readDataSet(StringRef folder);
  Error bindSizes();
  int64_t sizeOf(int32_t symbol) const;
  llvm::Expected<Value> fillOne(int32_t index);
  Error unknown(const char *flag, StringRef name);

  const Model &model;
  Options &options;
  std::vector<std::optional<Value>> values;
  std::vector<int64_t> sizes; ///< of the symbols; -1 where nothing says it
};
} // namespace

Error Collector::unknown(const char *flag, StringRef name) {
  return createStringError("%s '%s': the model has no such input; it has %s", flag,
                           name.str().c_str(), model.inputNames().c_str());
}

Error Collector::set(int32_t index, Value value, StringRef from) {
  const accel_port &port = model.input(index);
  if (values[index])
    return createStringError("input '%s' is given twice, the second time by '%s'", port.name,
                             from.str().c_str());
  adoptType(value, port);
  if (value.kind == ACCEL_TENSOR && port.kind == ACCEL_TENSOR && !(value.dtype == port.dtype))
    return createStringError("input '%s': '%s' holds %s, expected %s; in NumPy, "
                             "array.astype('%s') converts it",
                             port.name, from.str().c_str(), describeType(value).c_str(),
                             describePort(model, port).c_str(), dtypeName(port.dtype).c_str());
  values[index] = std::move(value);
  return Error::success();
}

Error Collector::setImage(int32_t index, StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             file.getError().message().c_str());
  llvm::Expected<Image> image = decodeImage((*file)->getBuffer());
  if (!image)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             llvm::toString(image.takeError()).c_str());
  llvm::Expected<Value> value = imageInput(*image, model, model.input(index), options.image);
  return value ? set(index, std::move(*value), path) : value.takeError();
}

Error Collector::readNamed(StringRef name, StringRef path) {
  int32_t index = model.findInput(name);
  if (index < 0)
    return unknown("--input", name);
  if (isImagePath(path))
    return setImage(index, path);
  auto read = readValues(path, model.input(index).kind);
  if (!read)
    return read.takeError();
  // Of an archive, the member of that name, or the only one.
  for (NamedValue &value : *read)
    if (value.name == name || read->size() == 1)
      return set(index, std::move(value.value), path);
  return createStringError("'%s' holds no array '%s'", path.str().c_str(), name.str().c_str());
}

Error Collector::readArchive(StringRef path) {
  auto read = readValues(path, ACCEL_TENSOR);
  if (!read)
    return read.takeError();
  for (auto &[name, value] : *read) {
    int32_t index = model.findInput(name);
    // numpy.savez names what it is not told to: arr_0, arr_1, ...
    StringRef number = name;
    if (index < 0 && number.consume_front("arr_") &&
        (number.getAsInteger(10, index) || index >= model.info().inputs))
      index = -1;
    if (index < 0)
      return unknown(path.str().c_str(), name);
    if (Error error = set(index, std::move(value), path))
      return error;
  }
  return Error::success();
}

Error Collector::readDataSet(StringRef folder) {
  bool outputs = false;
  int32_t read = 0;
  for (int32_t i = 0; i < model.info().inputs; ++i) {
    llvm::SmallString<256> path(folder);
    llvm::sys::path::append(path, "input_" + llvm::Twine(i) + ".pb");
    if (!llvm::sys::fs::exists(path))
      continue;
    auto file = readValues(path, model.input(i).kind);
    if (!file)
      return file.takeError();
    if (Error error = set(i, std::move(file->front().value), path))
      return error;
    ++read;
  }
  llvm::SmallString<256> first(folder);
  llvm::sys::path::append(first, "output_0.pb");
  outputs = llvm::sys::fs::exists(first);
  if (!read && !outputs)
    return createStringError("the folder '%s' is no test data set: it has neither input_0.pb nor "
                             "output_0.pb",
                             folder.str().c_str());
  if (outputs && options.reference.empty())
    options.reference = folder.str();
  return Error::success();
}

Error Collector::readPositional(StringRef path) {
  if (llvm::sys::fs::is_directory(path))
    return readDataSet(path);
  if (path.ends_with(".npz"))
    return readArchive(path);
  for (int32_t i = 0; i < model.info().inputs; ++i) {
    if (values[i])
      continue;
    if (isImagePath(path))
      return setImage(i, path);
    auto read = readValues(path, model.input(i).kind);
    if (!read)
      return read.takeError();
    return set(i, std::move(read->front().value), path);
  }
  return createStringError("'%s' is one input too many; the model has %s", path.str().c_str(),
                           model.inputNames().c_str());
}

Error Collector::readFiles() {
  // Named ones first, so that the others take the places that are left.
  for (const auto &[name, path] : options.named)
    if (Error error = readNamed(name, path))
      return error;
  for (const auto &[name, number] : options.fills)
    if (model.findInput(name) < 0)
      return unknown("--fill", name);
  for (const auto &[name, shape] : options.shapes)
    if (model.findInput(name) < 0)
      return unknown("--shape", name);
  for (const auto &[name, size] : options.dims)
    if (model.findSymbol(name) < 0)
      return createStringError("--dim '%s': the model has no such dim; its named ones are %s",
                               name.c_str(), model.symbolNames().c_str());
  for (const std::string &path : options.files)
    if (Error error = readPositional(path))
      return error;
  return Error::success();
}

/// Sizes that files, --shape and --dim settle.
Error Collector::bindSizes() {
  sizes.assign(model.info().symbols, -1);
  auto bind = [&](const accel_port &port, llvm::ArrayRef<int64_t> shape) {
    for (int32_t axis = 0; axis < port.rank && axis < int32_t(shape.size()); ++axis)
      if (int64_t dim = port.dims[axis]; dim < 0 && dim != ACCEL_UNKNOWN_DIM)
        sizes[-1 - dim] = shape[axis];
  };
  for (const auto &[name, size] : options.dims)
    sizes[model.findSymbol(name)] = size;
  for (const auto &[name, shape] : options.shapes) {
    const accel_port &port = model.input(model.findInput(name));
    if (int32_t(shape.size()) != port.rank)
      return createStringError("--shape '%s=%s': expected rank %d, as in %s", name.c_str(),
                               formatShape(shape).c_str(), port.rank,
                               describePort(model, port).c_str());
    bind(port, shape);
  }
  for (int32_t i = 0; i < model.info().inputs; ++i)
    if (values[i] && values[i]->kind == ACCEL_TENSOR)
      bind(model.input(i), values[i]->shape);
  return Error::success();
}

int64_t Collector::sizeOf(int32_t symbol) const {
  if (sizes[symbol] >= 0)
    return sizes[symbol];
  const accel_symbol &limits = model.symbol(symbol);
  return std::min(std::max<int64_t>(limits.min, 1), limits.max);
}

llvm::Expected<Value> Collector::fillOne(int32_t index) {
  const accel_port &port = model.input(index);
  std::vector<int64_t> shape;
  for (int32_t axis = 0; axis < port.rank; ++axis) {
    int64_t dim = port.dims[axis];
    shape.push_back(dim >= 0 ? dim : dim == ACCEL_UNKNOWN_DIM ? 1 : sizeOf(int32_t(-1 - dim)));
  }
  if (auto found = options.shapes.find(port.name); found != options.shapes.end())
    shape = found->second;
  if (port.kind == ACCEL_OPTIONAL || port.kind == ACCEL_STRING_TENSOR) {
    Value value;
    value.kind = port.kind;
    if (port.kind == ACCEL_STRING_TENSOR) {
      value.shape = shape;
      for (int64_t i = 0, e = value.elements(); i < e; ++i)
        value.strings.push_back("s" + std::to_string(i));
    }
    return value;
  }
  if (port.kind != ACCEL_TENSOR)
    return createStringError(
        "input '%s' is a %s, which cannot be made up; give --input '%s=file.pb'", port.name,
        describePort(model, port).c_str(), port.name);
  llvm::Expected<Value> value = makeTensor(port.dtype, shape);
  if (!value)
    return createStringError("input '%s': %s", port.name,
                             llvm::toString(value.takeError()).c_str());
  if (auto found = options.fills.find(port.name); found != options.fills.end())
    for (int64_t i = 0, e = value->elements(); i < e; ++i)
      writeElement(port.dtype, value->data.data(), i, found->second);
  else
    fillRandom(*value, options.seed.value_or(0), port.name);
  return value;
}

Error Collector::fillRest() {
  bool given = llvm::any_of(values, [](const auto &value) { return value.has_value(); });
  if (Error error = bindSizes())
    return error;
  for (int32_t i = 0; i < model.info().inputs; ++i) {
    if (values[i])
      continue;
    const accel_port &port = model.input(i);
    // Half of the inputs given is more likely a mistake than a wish for random ones.
    if (given && !options.seed && !options.fills.count(port.name) && port.kind != ACCEL_OPTIONAL)
      return createStringError("input '%s' (%s) has no value; give --input '%s=file', --fill "
                               "'%s=value' or --random",
                               port.name, describePort(model, port).c_str(), port.name, port.name);
    llvm::Expected<Value> value = fillOne(i);
    if (!value)
      return value.takeError();
    values[i] = std::move(*value);
  }
  return Error::success();
}

std::vector<Value> Collector::take() {
  std::vector<Value> result;
  for (std::optional<Value> &value : values)
    result.push_back(std::move(*value));
  return result;
}

llvm::Expected<std::vector<Value>> accel::run::makeInputs(const Model &model, Options &options) {
  Collector collector(model, options);
  if (Error error = collector.readFiles())
    return std::move(error);
  if (Error error = collector.fillRest())
    return std::move(error);
  return collector.take();
}
