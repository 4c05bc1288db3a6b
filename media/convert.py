"""Making the two networks into ONNX files that onnxruntime runs fast. Once per machine.

Apart from `media.models`, because importing onnx takes a second.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from media.dlibfile import Conv, Network, read_network

# Old enough for every onnxruntime since 2021; fixed, so that the same bytes come out each time.
OPSET: Final = 13
IR_VERSION: Final = 8

# The stages of dlib's network from the input on: (channels, does it halve the size) per residual
# block, as in dlib's dnn_face_recognition_ex.cpp read backwards.
_BLOCKS: Final = (
    *[(32, False)] * 3,
    (64, True),
    *[(64, False)] * 3,
    (128, True),
    *[(128, False)] * 2,
    (256, True),
    *[(256, False)] * 2,
    (256, True),
)


def free_detector_inputs(data: bytes) -> bytes:
    """CenterFace with free picture size, and its weights no longer among the graph's inputs.

    As it comes, each weight is also an input, so that onnxruntime may not take it for a constant
    nor use its blocked layout: two to three times slower for the same output.
    """
    model = onnx.load_from_string(data)
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in [*model.graph.input, *model.graph.output]:
        dimensions = value.type.tensor_type.shape.dim
        side = "" if value in inputs else "_out"
        dimensions[0].dim_param = "N"
        dimensions[2].dim_param, dimensions[3].dim_param = f"H{side}", f"W{side}"
    # Shapes inside were fixed for one size as well; counters of its training are left over.
    del model.graph.value_info[:]
    used = {name for node in model.graph.node for name in node.input}
    kept = [weight for weight in model.graph.initializer if weight.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return bytes(model.SerializeToString(deterministic=True))


def dlib_to_onnx(data: bytes) -> bytes:
    """dlib's face embedding: uint8 RGB chips (N, 150, 150, 3) to float32 vectors (N, 128)."""
    return _Graph(read_network(data)).bytes()


class _Graph:
    """Builds the graph node by node; a value is named after the node that makes it."""

    def __init__(self, network: Network) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.convs = iter(network.convs)
        self.network = network

    def bytes(self) -> bytes:
        self.head(self.body(self.stem()))
        self.nodes[-1].output[0] = "vectors"
        graph = helper.make_graph(
            self.nodes,
            "face-embedding",
            [helper.make_tensor_value_info("chips", TensorProto.UINT8, ["N", 150, 150, 3])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["N", 128])],
            self.weights,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="beeldpoort"
        )
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def conv(self, value: str) -> str:
        conv: Conv = next(self.convs)
        # Scale and shift folded into the weights: in float64, rounded once.
        gamma = conv.gamma.astype(np.float64)
        weights = conv.weights * gamma[:, None, None, None]
        bias = conv.bias * gamma + conv.beta
        return self.node(
            "Conv",
            value,
            self.constant(weights.astype(np.float32)),
            self.constant(bias.astype(np.float32)),
            kernel_shape=list(conv.weights.shape[2:]),
            strides=[conv.stride] * 2,
            pads=[conv.padding] * 4,
        )

    def stem(self) -> str:
        floats = self.node("Cast", "chips", to=TensorProto.FLOAT)
        planes = self.node("Transpose", floats, perm=[0, 3, 1, 2])
        centred = self.node("Sub", planes, self.constant(self.network.means.reshape(1, 3, 1, 1)))
        scaled = self.node("Mul", centred, self.constant(np.array([1 / 256], np.float32)))
        return self.node(
            "MaxPool", self.node("Relu", self.conv(scaled)), kernel_shape=[3, 3], strides=[2, 2]
        )

    def body(self, value: str) -> str:
        channels, size = 32, 35
        for wanted, halves in _BLOCKS:
            value = self.block(value, channels, wanted, size, halves)
            channels, size = wanted, size // 2 if halves else size
        return value

    def block(self, value: str, channels: int, wanted: int, size: int, halves: bool) -> str:
        inner = self.conv(self.node("Relu", self.conv(value)))
        if halves:
            value = self.node("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
            # 3x3 by 2 without padding gives (n - 3) // 2 + 1, the pooling n // 2. dlib's addition
            # fills the smaller of the two with zeros at the end of each dimension.
            value = self.padded(value, wanted - channels, 0)
            inner = self.padded(inner, 0, size // 2 - ((size - 3) // 2 + 1))
        return self.node("Relu", self.node("Add", inner, value))

    def padded(self, value: str, channels: int, side: int) -> str:
        if not channels and not side:
            return value
        pads = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
        return self.node("Pad", value, self.constant(pads), mode="constant")

    def head(self, value: str) -> None:
        pooled = self.node("Flatten", self.node("GlobalAveragePool", value))
        self.node("MatMul", pooled, self.constant(self.network.matrix))
