"""Reading dlib's face embedding network from its own file format.

The file has no magic number and no names for its places: scalars are written as mantissa and
exponent, tensors as raw float32, booleans as a letter, and every nested layer writes its version
before everything inside it. So the reader walks from one layer's tag to the next, and checks the
counts and the exact end of the file. Source: dlib's serialize.h, float_details.h, dnn/core.h.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Number of nested layers in dlib's `anet_type`, each with a version in front of the file.
NESTED_LAYERS: Final = 130


class NotThisNetwork(ValueError):
    """The bytes are not dlib's face embedding network, version 1."""


@dataclass(slots=True)
class Conv:
    """A convolution with the per-channel scale and shift that follow it in this network."""

    weights: Floats  # (out, in, rows, columns)
    bias: Floats  # (out,)
    stride: int
    padding: int
    gamma: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    beta: Floats = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Network:
    """Means of the input (red, green, blue), convolutions from input to output, last matrix."""

    means: Floats  # (3,)
    convs: list[Conv]
    matrix: Floats  # (256, 128): output = pooled @ matrix


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if count < 0 or len(part) != count:
            raise NotThisNetwork("the file ends too early")
        self.at += count
        return part

    def integer(self) -> int:
        control = self.take(1)[0]
        size = control & 0x0F
        if not 1 <= size <= 8 or control & 0x70:
            raise NotThisNetwork(f"no integer at {self.at - 1}")
        magnitude = int.from_bytes(self.take(size), "little")
        return -magnitude if control & 0x80 else magnitude

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        if abs(exponent) > 2000:  # 32000 and up stand for infinity and not-a-number
            raise NotThisNetwork("a number without a value")
        return float(mantissa) * 2.0**exponent

    def text(self) -> str:
        return self.take(self.integer()).decode("ascii", "replace")

    def letters(self, count: int) -> None:
        for letter in self.take(count):
            if letter not in b"01":
                raise NotThisNetwork(f"no boolean before {self.at}")

    def tensor(self) -> Floats:
        if self.integer() != 2:
            raise NotThisNetwork("unknown tensor version")
        shape = self.integers(4)
        count = int(np.prod(shape))
        return np.frombuffer(self.take(4 * count), "<f4").reshape(shape)

    def shape(self) -> list[int]:
        """Of an alias tensor: which slice of the parameters a name stands for."""
        if self.integer() != 1:
            raise NotThisNetwork("unknown alias version")
        return self.integers(4)


def read_network(data: bytes) -> Network:
    """Parse the file. Raises NotThisNetwork for anything but the network described above."""
    reader = _Reader(data)
    versions = _header(reader)
    if reader.text() != "input_rgb_image_sized":
        raise NotThisNetwork("another kind of input")
    means = np.array([reader.real() for _ in range(3)], np.float32)
    if reader.integers(2) != [150, 150]:
        raise NotThisNetwork("another input size")

    convs: list[Conv] = []
    matrix: Floats | None = None
    first = True
    while reader.at < len(data):
        tag = reader.text()
        if tag == "con_4":
            convs.append(_conv(reader))
        elif tag == "affine_":
            convs[-1].gamma, convs[-1].beta = _affine(reader)
        elif tag in ("max_pool_2", "avg_pool_2"):
            reader.integers(6)
        elif tag == "fc_2":
            matrix = _fully_connected(reader)
        elif tag not in ("relu_", "add_prev_"):
            raise NotThisNetwork(f"unknown layer {tag!r}")
        _trailer(reader, first, versions)
        first = False
    if matrix is None or len(convs) != 29 or any(conv.gamma.size == 0 for conv in convs):
        raise NotThisNetwork("layers are missing")
    return Network(means, convs, matrix)


def _header(reader: _Reader) -> list[int]:
    reader.integer()
    if reader.text() != "loss_metric_2":
        raise NotThisNetwork("another kind of network")
    reader.real()  # margin and threshold of the training
    reader.real()
    return reader.integers(NESTED_LAYERS)


def _conv(reader: _Reader) -> Conv:
    parameters = reader.tensor().reshape(-1)
    count, rows, columns, stride, stride_x, padding, padding_x = reader.integers(7)
    shape = reader.shape()
    reader.shape()
    for _ in range(4):  # learning-rate multipliers
        reader.real()
    if (
        shape[0] != count
        or shape[2:] != [rows, columns]
        or (stride, padding)
        != (
            stride_x,
            padding_x,
        )
    ):
        raise NotThisNetwork("a convolution of another shape")
    size = int(np.prod(shape))
    if parameters.size != size + count:
        raise NotThisNetwork("a convolution with missing weights")
    return Conv(parameters[:size].reshape(shape), parameters[size:], stride, padding)


def _affine(reader: _Reader) -> tuple[Floats, Floats]:
    parameters = reader.tensor().reshape(-1)
    channels = reader.shape()[1]
    reader.shape()
    if reader.integer() != 0 or parameters.size != 2 * channels:
        raise NotThisNetwork("a scaling that is not per channel")
    return parameters[:channels], parameters[channels:]


def _fully_connected(reader: _Reader) -> Floats:
    outputs, inputs = reader.integers(2)
    parameters = reader.tensor().reshape(-1)
    reader.shape()
    reader.shape()
    if reader.integer() != 1 or parameters.size != inputs * outputs:  # 1: without bias
        raise NotThisNetwork("another last layer")
    for _ in range(4):
        reader.real()
    return parameters.reshape(inputs, outputs)


def _trailer(reader: _Reader, first: bool, versions: list[int]) -> None:
    """What every layer writes after itself; of no use here, but it must be walked over.

    The layer at the input is the last of the versions and of another kind: version 3 there has
    a sample expansion factor. All others are version 2 and hold one more tensor.
    """
    reader.letters(3)
    for _ in range(3):
        reader.tensor()
    if first and versions[-1] == 3:
        reader.integer()
