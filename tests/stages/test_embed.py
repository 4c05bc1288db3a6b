"""The same 128 numbers as face_recognition gives, by a converted network (R12: nothing is kept)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from media import models
from media.convert import dlib_to_onnx
from media.dlibfile import NotThisNetwork, read_network
from media.embed import embed, embed_averaged
from media.match import THRESHOLD, apart
from media.picture import Box, Pixels

# float32 on another processor differs by 1e-6; vectors of a wrong network by 0.1 and more.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def dat() -> bytes:
    return models.verified(models.EMBEDDER)


def test_the_converted_network_gives_dlibs_vectors_for_known_chips(dat: bytes) -> None:
    """Golden values by dlib 20.0.1 itself: a gradient and an all-black chip."""
    session = onnxruntime.InferenceSession(dlib_to_onnx(dat), providers=["CPUExecutionProvider"])
    y, x, channel = np.mgrid[0:150, 0:150, 0:3]
    gradient = ((3 * x + 5 * y + 50 * channel) % 256).astype(np.uint8)
    chips = np.stack([gradient, np.zeros_like(gradient)])
    (vectors,) = session.run(None, {"chips": chips})
    first = [-0.0675452, 0.0984316, 0.0616787, -0.0189049, -0.0472691, -0.0748557]
    black = [-0.0399175, 0.1049164, 0.0908227, -0.0088473, -0.0796071, -0.0425218]
    assert vectors[0, :6] == pytest.approx(first, abs=TOLERANCE)
    assert vectors[1, :6] == pytest.approx(black, abs=TOLERANCE)
    assert vectors[0, -2:] == pytest.approx([0.0024092, -0.0059038], abs=TOLERANCE)
    assert vectors[1, -2:] == pytest.approx([-0.0544146, -0.0008899], abs=TOLERANCE)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.2835017, 1.3066463], abs=TOLERANCE)


def test_the_weights_are_read_at_the_right_places(dat: bytes) -> None:
    network = read_network(dat)
    assert network.means == pytest.approx([122.78199768, 117.00099945, 104.29799652])
    first, last = network.convs[0], network.convs[-1]
    assert first.weights.shape == (32, 3, 7, 7)
    assert first.weights.flat[:3] == pytest.approx([-0.02932992, -0.01886531, -0.00566939])
    assert first.bias[:2] == pytest.approx([1.9543244e-05, 2.2053666e-05])
    assert first.gamma[:3] == pytest.approx([12.166323, 10.559221, 17.43005])
    assert last.beta[:3] == pytest.approx([1.1697303, 2.4265966, 0.45281413])
    assert network.matrix.flat[:3] == pytest.approx([-0.00674625, -0.01018923, 0.00524825])
    assert sum(conv.weights.size + conv.bias.size for conv in network.convs) == 5_574_720


@pytest.mark.parametrize("cut", [0, 100, 5_000, 20_000_000])
def test_part_of_the_network_file_is_no_network(dat: bytes, cut: int) -> None:
    with pytest.raises(NotThisNetwork):
        read_network(dat[:cut])


def test_another_file_of_dlib_is_no_network() -> None:
    with pytest.raises(NotThisNetwork):
        read_network(models.verified(models.LANDMARKS))


def test_a_model_file_that_was_altered_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered = tmp_path / "model"
    altered.write_bytes(b"not the network")
    monkeypatch.setattr(models, "locate", lambda model: altered)
    with pytest.raises(models.ModelMissing):
        models.embedder_path(tmp_path)


def test_a_converted_model_is_written_whole_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = models.detector_path(tmp_path)
    assert list(tmp_path.iterdir()) == [first], "no temporary file stays"
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    monkeypatch.setattr(models, "verified", lambda model: pytest.fail("converted twice"))
    assert hashlib.sha256(models.detector_path(tmp_path).read_bytes()).hexdigest() == digest


def test_vectors_are_those_of_face_recognition(
    astronaut: Pixels, astronaut_face: Box, tmp_path: Path
) -> None:
    """In a process of its own: importing face_recognition changes Pillow for all."""
    np.save(tmp_path / "picture.npy", astronaut)
    left, top, right, bottom = (round(side) for side in astronaut_face.pixels(512, 512))
    program = (
        "import sys, json, numpy, face_recognition\n"
        "picture = numpy.load(sys.argv[1])\n"
        "place = tuple(json.loads(sys.argv[2]))\n"
        "print(json.dumps(face_recognition.face_encodings(picture, [place])[0].tolist()))\n"
    )
    place = json.dumps([top, right, bottom, left])
    ran = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "picture.npy"), place],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = np.array(json.loads(ran.stdout))
    assert embed(astronaut, [astronaut_face])[0] == pytest.approx(expected, abs=TOLERANCE)


def test_one_person_is_nearer_to_herself_than_to_another(
    astronaut: Pixels, astronaut_face: Box, hopper: Pixels, hopper_face: Box
) -> None:
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    mirrored_face = Box(
        1 - astronaut_face.right, astronaut_face.top, 1 - astronaut_face.left, astronaut_face.bottom
    )
    one = embed_averaged(astronaut, [astronaut_face])[0]
    again = embed_averaged(mirrored, [mirrored_face])[0]
    other = embed_averaged(hopper, [hopper_face])[0]
    assert apart(np.stack([one, again])) < THRESHOLD / 4
    assert apart(np.stack([one, other])) > 2 * THRESHOLD


def test_what_six_looks_say_is_their_mean(astronaut: Pixels, astronaut_face: Box) -> None:
    """The upright look is in there as it is by itself, the turned ones differ from it a little."""
    upright = embed(astronaut, [astronaut_face])[0]
    averaged = embed_averaged(astronaut, [astronaut_face, astronaut_face])
    assert averaged[0] == pytest.approx(averaged[1], abs=TOLERANCE)
    assert 0 < apart(np.stack([upright, averaged[0]])) < THRESHOLD / 2


def test_more_faces_than_one_batch_keep_their_order(astronaut: Pixels, astronaut_face: Box) -> None:
    shifted = [
        Box(astronaut_face.left + step / 500, *_rest(astronaut_face, step)) for step in range(10)
    ]
    together = embed(astronaut, shifted)
    assert together.shape == (10, 128)
    assert together[9] == pytest.approx(embed(astronaut, shifted[9:])[0], abs=TOLERANCE)


def _rest(box: Box, step: int) -> tuple[float, float, float]:
    return box.top, box.right + step / 500, box.bottom


def test_no_faces_give_no_vectors(astronaut: Pixels) -> None:
    assert embed(astronaut, []).shape == (0, 128)
    assert embed_averaged(astronaut, []).shape == (0, 128)


def test_a_face_cut_by_the_edge_of_the_picture_still_has_a_vector(astronaut: Pixels) -> None:
    vectors = embed(astronaut, [Box(-0.2, -0.2, 0.1, 0.1), Box(0.95, 0.95, 1.2, 1.2)])
    assert np.isfinite(vectors).all()
