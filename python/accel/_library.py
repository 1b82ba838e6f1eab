# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled model's library: loads it, and reads what it says of itself without running it."""
import ctypes
import json
import os
import shutil
import tempfile
import weakref

import _ctypes

from . import _abi, _dtypes, _elf, errors

# path -> (device, inode) of what this process loaded from it last. dlopen knows libraries by their path and would
# answer with the old one after a path was written anew, so such a file is loaded by another name.
_loaded = {}


class Port:
    """An input or output: name, type such as 'tensor(float)', shape of ints and names of dims (None: only a run knows)."""

    __slots__ = ("name", "type", "shape", "kind", "dims", "abi_dtype", "dtype", "kinds")

    def __init__(self, port, symbols):
        self.name = port.name.decode()
        self.kind = port.kind
        self.dims = tuple(port.dims[i] for i in range(max(port.rank, 0)))
        self.shape = [d if d >= 0 else None if d == _abi.UNKNOWN_DIM else symbols[-1 - d].name for d in self.dims]
        self.abi_dtype = _abi.DType(port.dtype.code, port.dtype.bits, port.dtype.lanes)
        self.kinds = port.flags
        self.type, self.dtype = _type_of(port.kind, self.abi_dtype, port.flags)

    def __repr__(self):
        return f"NodeArg(name='{self.name}', type='{self.type}', shape={self.shape})"


class Symbol:
    """A named size that inputs share, and the sizes that the model takes for it."""

    __slots__ = ("name", "min", "max")

    def __init__(self, symbol):
        self.name, self.min, self.max = symbol.name.decode(), symbol.min, symbol.max


def _type_of(kind, dtype, kinds=0):
    """ONNX Runtime's name of a port's type, and the NumPy dtype of its tensors (None for strings)."""
    try:
        element, numpy_dtype = f"tensor({_dtypes.onnx_name(dtype)})", _dtypes.to_numpy(dtype)
    except TypeError:
        element, numpy_dtype = "tensor(string)", None
    if kind == _abi.STRING_TENSOR:
        return "tensor(string)", None
    # A model that says nothing of what it nests gives and takes tensors there.
    return _nested_name(kinds or kind | _abi.TENSOR << _abi.KIND_BITS, element), numpy_dtype


def _nested_name(kinds, element):
    kind, inner = kinds & (1 << _abi.KIND_BITS) - 1, kinds >> _abi.KIND_BITS
    if kind == _abi.SEQUENCE:
        return f"seq({_nested_name(inner, element)})"
    if kind == _abi.OPTIONAL:
        return f"optional({_nested_name(inner, element)})"
    if kind == _abi.MAP:
        key = "string" if inner & (1 << _abi.KIND_BITS) - 1 == _abi.STRING_TENSOR else "int64"
        return f"map({key},{element})"
    return element


class Library:
    """A loaded model. It is unloaded when neither a session nor a context needs it any more."""

    def __init__(self, path):
        path = os.path.abspath(os.fspath(path))
        self.path = path
        self.handle = _load(path)
        weakref.finalize(self, _ctypes.dlclose, self.handle).atexit = False
        try:
            address = _ctypes.dlsym(self.handle, _abi.MODEL_SYMBOL)
        except OSError:
            raise errors.InvalidModel(
                f"'{path}' is a library, but no model: it does not export '{_abi.MODEL_SYMBOL}'; "
                "expected what accel-compile writes with -o model.so"
            ) from None
        model = ctypes.CFUNCTYPE(ctypes.POINTER(_abi.Model))(address)()
        self.model = ctypes.addressof(model.contents)
        self.api = model.contents.api.contents
        if self.api.abi != _abi.ABI or self.api.size < ctypes.sizeof(_abi.Api):
            raise errors.Incompatible(
                f"'{path}' has version {self.api.abi} of the C interface, and this package speaks version {_abi.ABI}; "
                "compile the model again with the accel-compile that came with this package"
            )
        self._read()

    def _read(self):
        api, model = self.api, self.model
        info = _abi.ModelInfo(size=ctypes.sizeof(_abi.ModelInfo))
        status = api.info(model, info)
        if status:
            raise errors.of_status(status, b"the model does not say what it is")
        self.name = (info.name or b"").decode()
        self.target = (info.target or b"").decode()
        text = ctypes.string_at(info.metadata, info.metadata_bytes) if info.metadata else b"{}"
        self.metadata = json.loads(text or b"{}")
        self.weights_bytes, self.arena_bytes = info.weights_bytes, info.arena_bytes
        self.symbols = [Symbol(api.symbol(model, i).contents) for i in range(info.symbols)]
        self.inputs = [Port(api.input(model, i).contents, self.symbols) for i in range(info.inputs)]
        self.outputs = [Port(api.output(model, i).contents, self.symbols) for i in range(info.outputs)]
        self.num_sites = info.sites
        self.num_states = info.states
        # A dispatch site is looked up when a profile is written, not before: a model may have thousands.

    def site(self, index):
        """The kernel's name, its ONNX nodes, and flops and bytes for a work item."""
        info = _abi.SiteInfo()
        status = self.api.site(self.model, index, info)
        if status:
            raise errors.of_status(status, b"no such launch site")
        nodes = (info.nodes or b"").decode("utf-8", "replace")
        return (info.kernel or b"").decode(), nodes.split("\n") if nodes else [], info.flops, info.bytes


def _load(path):
    try:
        status = os.stat(path)
    except OSError as error:
        raise errors.NoSuchFile(f"cannot open the model '{path}': {error.strerror}") from None
    identity = status.st_dev, status.st_ino
    if reason := _elf.problem(path):
        raise errors.InvalidModel(f"cannot load the model '{path}': {reason}; expected what accel-compile writes with -o model.so")
    alias = None
    try:
        name = path
        if _loaded.setdefault(path, identity) != identity:
            alias = tempfile.mkdtemp(prefix="accel-")
            name = os.path.join(alias, os.path.basename(path))
            os.symlink(path, name)
        return _ctypes.dlopen(name, os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        raise errors.InvalidModel(
            f"cannot load the model '{path}': {error}; expected a library that accel-compile made for this machine"
        ) from None
    finally:
        if alias:
            shutil.rmtree(alias, ignore_errors=True)
