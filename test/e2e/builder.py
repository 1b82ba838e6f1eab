# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds small ONNX models node by node, with seeded random weights."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Builder:
    def __init__(self, name, opset=17, seed=0):
        self.name, self.opset, self.rng = name, opset, np.random.default_rng(seed)
        self.nodes, self.inputs, self.outputs, self.initializers = [], [], [], []
        self.functions, self.opsets = [], {"": opset}

    def input(self, name, dims, dtype="float32"):
        self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), dims))
        return name

    def weight(self, *dims, scale=None):
        """Random values whose size keeps activations near one through a layer."""
        fan_in = int(np.prod(dims[1:])) if len(dims) > 1 else 1
        scale = scale or (1 / np.sqrt(fan_in) if len(dims) > 1 else 0.1)
        return self.constant((self.rng.standard_normal(dims) * scale).astype(np.float32))

    def constant(self, values, dtype=None):
        array = np.asarray(values, dtype)
        name = f"w{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, *inputs, outputs=1, name=None, out=None, **attributes):
        """Adds a node; gives the name of its output, or a list of them."""
        label = name or f"{op.lower()}{len(self.nodes)}"
        outs = [out] if out else [f"{label}_out{i}" if outputs > 1 else f"{label}_out" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), outs, label, **attributes))
        return outs[0] if outputs == 1 else outs

    def conv(self, x, inputs, outputs, kernel, **attributes):
        group = attributes.get("group", 1)
        attributes.setdefault("pads", [kernel // 2] * 4)
        return self.node(
            "Conv", x, self.weight(outputs, inputs // group, kernel, kernel), self.weight(outputs), **attributes
        )

    def batch_norm(self, x, channels):
        positive = self.constant(self.rng.uniform(0.5, 1.5, channels).astype(np.float32))
        return self.node(
            "BatchNormalization",
            x,
            self.weight(channels, scale=1.0),
            self.weight(channels),
            self.weight(channels),
            positive,
        )

    def linear(self, x, inputs, outputs):
        return self.node("Gemm", x, self.weight(outputs, inputs), self.weight(outputs), transB=1)

    def output(self, *names):
        self.outputs += names

    def model(self):
        graph = helper.make_graph(
            self.nodes, self.name, self.inputs, [onnx.ValueInfoProto(name=o) for o in self.outputs], self.initializers
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=self.functions)
        return onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True)


def float_data(model):
    """The same model with its float weights as float_data, one number a field, where they were raw bytes."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor).ravel().tolist()
            tensor.ClearField("raw_data")
            tensor.float_data.extend(values)
    return model


def weights_as_inputs(model):
    """As IR 3 and older demanded: initializers are listed among the inputs."""
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return model


def weights_as_nodes(model):
    """Every initializer becomes a Constant node."""
    nodes = [helper.make_node("Constant", [], [t.name], f"constant_{t.name}", value=t) for t in model.graph.initializer]
    rest = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.node.extend(nodes + rest)
    return model
