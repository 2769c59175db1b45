"""Small ONNX graphs for tests; needs onnx."""

from __future__ import annotations

from itertools import pairwise

import numpy
from onnx import TensorProto, helper, numpy_helper

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


def model(nodes, inputs, outputs, weights=()):
    """Return the bytes of a graph; inputs and outputs are (name, type, shape)."""
    infos = [[helper.make_tensor_value_info(*each) for each in group] for group in (inputs, outputs)]
    initializers = [numpy_helper.from_array(array, name) for name, array in weights]
    graph = helper.make_graph(nodes, "graph", *infos, initializers)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def network(*sizes, batch="n"):
    """Return a network of dense layers with `Relu` between them, from `x` to `y`."""
    draw = numpy.random.default_rng(7)
    nodes, weights, value = [], [], "x"
    for layer, shape in enumerate(pairwise(sizes)):
        weights.append((f"w{layer}", (draw.standard_normal(shape) / shape[0] ** 0.5).astype(numpy.float32)))
        weights.append((f"b{layer}", draw.standard_normal(shape[1]).astype(numpy.float32)))
        last = layer == len(sizes) - 2
        made = "y" if last else f"h{layer}"
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [made]))
        if not last:
            nodes.append(helper.make_node("Relu", [made], [f"r{layer}"]))
        value = f"r{layer}"
    return model(nodes, [("x", FLOAT, [batch, sizes[0]])], [("y", FLOAT, [batch, sizes[-1]])], weights)


def two_inputs():
    """Return a graph of a number `a` and doubles `b`: `sum` is b + a, `twice` is 2 a, `small` is a < 1."""
    nodes = [
        helper.make_node("Unsqueeze", ["a", "axis"], ["column"]),
        helper.make_node("Add", ["column", "b"], ["sum"]),
        helper.make_node("Add", ["a", "a"], ["twice"]),
        helper.make_node("Less", ["a", "one"], ["small"]),
    ]
    weights = [("axis", numpy.array([1])), ("one", numpy.array(1.0))]
    inputs = [("a", DOUBLE, ["n"]), ("b", DOUBLE, ["n", None])]
    outputs = [("sum", DOUBLE, ["n", None]), ("twice", DOUBLE, ["n"]), ("small", TensorProto.BOOL, ["n"])]
    return model(nodes, inputs, outputs, weights)
