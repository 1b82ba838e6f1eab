# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors that lie: absurd dims, data of the wrong length, unknown types, and external data that leads elsewhere."""

import os

import numpy as np
from onnx import TensorProto, helper

from base import add, bad, changed, odd, op, tensor, valid


def on(name, **fields):
    """A change of one initializer's fields; None clears."""

    def change(model):
        target = tensor(model, name)
        for field, value in fields.items():
            target.ClearField(field)
            if isinstance(value, list):
                getattr(target, field).extend(value)
            elif value is not None:
                setattr(target, field, value)

    return changed(change)


def dims():
    bad("dims/2^62", on("fc.w", dims=[2**62, 5]))
    bad("dims/product overflows to the right size", on("fc.b", dims=[2**32, 2**32, 5]))
    bad("dims/product overflows to zero", on("fc.b", dims=[2**32, 2**32]))
    bad("dims/negative", on("fc.w", dims=[-144, 5]))
    bad("dims/two negatives", on("fc.w", dims=[-144, -5]))
    bad("dims/rank 5000", on("fc.b", dims=[1] * 4999 + [5]))
    bad("dims/fewer than the data", on("fc.w", dims=[144, 4]))
    bad("dims/none", on("fc.w", dims=[]))
    bad("dims/zero with data", on("fc.w", dims=[0, 5]))
    bad("dims/input 2^62", changed(lambda m: set_dim(m, 2**62)))
    bad(
        "dims/input 2^31 squared",
        changed(lambda m: [setattr(d, "dim_value", 2**31) for d in m.graph.input[0].type.tensor_type.shape.dim]),
    )
    odd("dims/input negative", changed(lambda m: set_dim(m, -8)))
    odd("dims/input zero", changed(lambda m: set_dim(m, 0)))
    odd("dims/input without a shape", changed(lambda m: m.graph.input[0].type.tensor_type.ClearField("shape")))


def set_dim(model, value):
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = value


def data():
    whole = tensor(valid(), "fc.w").raw_data
    for name, raw in {"short": whole[:-4], "odd": whole[:-1], "long": whole + b"abcd", "empty": b""}.items():
        bad(f"raw_data/{name}", on("fc.w", raw_data=raw))
    bad("float_data/short", on("fc.w", raw_data=None, float_data=[1.0] * 7))
    bad("float_data/long", on("fc.w", raw_data=None, float_data=[1.0] * 721))
    bad("float_data/in the wrong field", on("fc.w", raw_data=None, int64_data=[1] * 720))
    odd("float_data/beside raw_data", on("fc.b", float_data=[1.0] * 5))
    bad("data_type/0", on("fc.w", data_type=0))
    bad("data_type/999", on("fc.w", data_type=999))
    bad("data_type/-1", on("fc.w", data_type=-1))
    bad("data_type/string", on("fc.b", data_type=TensorProto.STRING, raw_data=None, string_data=[b"a"] * 5))
    bad("data_type/int weights for float", on("fc.w", data_type=TensorProto.INT32))
    bad("data_type/reshape by floats", on("shape", data_type=TensorProto.DOUBLE))
    odd("segment", changed(lambda m: setattr(tensor(m, "fc.b").segment, "begin", 7)))
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("s", 1, [2], [1.0, 2.0]), helper.make_tensor("i", 7, [2], [1, 2**40]), [5]
    )
    bad("sparse/index out of range", changed(lambda m: sparse_bias(m, sparse)))
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("s", 1, [2], [1.0, 2.0]), helper.make_tensor("i", 7, [1], [1]), [5]
    )
    bad("sparse/too few indices", changed(lambda m: sparse_bias(m, sparse)))


def sparse_bias(model, sparse):
    model.graph.initializer.remove(tensor(model, "fc.b"))
    sparse.values.name = "fc.b"
    model.graph.sparse_initializer.append(sparse)


def external(location="weights.bin", size=2880, prepare=None, **entries):
    """Writes the model with fc.w outside it, and the file that it names unless `prepare` does that."""

    def write(folder):
        home = os.path.join(folder, "home")
        os.mkdir(home)
        where = location.replace("FOLDER", folder)
        if prepare:
            prepare(folder, home)
        elif where and "/" not in where:
            with open(os.path.join(home, where), "wb") as file:
                file.write(bytes(size))
        model = valid()
        target = tensor(model, "fc.w")
        target.ClearField("raw_data")
        target.data_location = TensorProto.EXTERNAL
        for key, value in {"location": where, **entries}.items():
            target.external_data.add(key=key, value=str(value))
        path = os.path.join(home, "model.onnx")
        with open(path, "wb") as file:
            file.write(model.SerializeToString())
        return path

    return write


def secret(folder, home):
    with open(os.path.join(folder, "secret"), "wb") as file:
        file.write(b"s" * 2880)


def linked(folder, home):
    secret(folder, home)
    os.symlink(os.path.join(folder, "secret"), os.path.join(home, "weights.bin"))


def linked_folder(folder, home):
    secret(folder, home)
    os.symlink(folder, os.path.join(home, "sub"))


def hard_linked(folder, home):
    secret(folder, home)
    os.link(os.path.join(folder, "secret"), os.path.join(home, "weights.bin"))


def pipe(folder, home):
    os.mkfifo(os.path.join(home, "weights.bin"))


def own_folder(folder, home):
    os.mkdir(os.path.join(home, "weights.bin"))


def externals():
    add("external/valid", external(), refused=False)
    add("external/missing", external(prepare=lambda folder, home: None))
    add("external/no location", external(location=""))
    add("external/parent", external("../secret", prepare=secret))
    add("external/parent in the middle", external("sub/../../secret", prepare=secret))
    add("external/absolute", external("FOLDER/secret", prepare=secret))
    add("external/password file", external("/etc/passwd", length=100))
    add("external/device", external("/dev/zero"))
    add("external/link out", external(prepare=linked))
    add("external/folder link out", external("sub/secret", prepare=linked_folder))
    add("external/pipe", external(prepare=pipe))
    add("external/folder", external(prepare=own_folder))
    add("external/hard link", external(prepare=hard_linked), refused=False)
    add("external/NUL in the name", external("weights.bin\0.txt", prepare=secret))
    add("external/short file", external(size=100))
    add("external/offset past the end", external(offset=4000))
    add("external/offset and length past the end", external(offset=100, length=2880))
    add("external/offset 2^63", external(offset=2**63))
    add("external/offset wraps", external(offset=2**64 - 2880, length=2880))
    add("external/negative offset", external(offset=-1))
    add("external/negative length", external(length=-2880))
    add("external/wrong length", external(length=2876))
    add("external/offset is no number", external(offset="12abc"))
    add("external/length is no number", external(length="1e3"))
    add("external/odd offset", external(size=4000, offset=3, length=2880), refused=False)
    add("external/long name", external("w" * 100000, prepare=secret))


def register():
    dims()
    data()
    externals()
    odd("constant/2^40 elements", op("ConstantOfShape", weights=[np.array([2**20, 2**20])]))
