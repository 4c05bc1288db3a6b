"""`detect`, `redact` and `identify` on files of somebody's own: whole or refused, and whoever is
not surely one of those named is hidden (R14)."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cli import photos
from cli.copies import copies
from core.errors import BadInput
from media import alone
from media.encode import SUFFIXES
from media.errors import RefusedFile
from media.match import THRESHOLD, apart
from media.picture import Box, Pixels
from tests.stages.conftest import compose
from tests.stages.faces import cut, jpeg

ROOT = Path(__file__).resolve().parents[2]
# Where `compose` puts each of the two in the picture of both, in its pixels.
GRACE, EILEEN = (0, 0), (560, 40)


def command(*words: object, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False, **how,
    )  # fmt: skip


@pytest.fixture(scope="module")
def both(astronaut: Pixels, hopper: Pixels) -> Pixels:
    return compose((1120, 640), (hopper, GRACE, 1.0), (astronaut, EILEEN, 1.0))


@pytest.fixture(scope="module")
def known(hopper: Pixels, astronaut: Pixels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("known")
    for name, pixels in (("grace", hopper), ("eileen", astronaut)):
        (folder / name).mkdir()
        (folder / name / "1.jpg").write_bytes(jpeg(pixels))
    (folder / "grace" / "2.jpg").write_bytes(jpeg(cut(hopper, (60, 40, 440, 480), 0.9)))
    return folder


def at(pixels: Pixels, face: Box, place: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """The part of the picture of both in which that face lies."""
    left, top, right, bottom = (round(side) for side in face.pixels(*size))
    x, y = place
    return pixels[y + top : y + bottom, x + left : x + right].astype(np.int16)


def unlike(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one - other).mean())


@pytest.mark.slow
def test_a_folder_is_done_whole_and_each_file_that_cannot_be_is_named_and_left_out(
    tmp_path: Path, both: Pixels, known: Path, hopper_face: Box, astronaut_face: Box
) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    (source / "both.png").write_bytes(_file(both, "PNG"))
    (source / "half.jpg").write_bytes(jpeg(both)[:9000])
    (source / "half\nname.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
    # Of an earlier run, with somebody else to show: nobody may take it for this one's.
    (target / "half.jpg").write_bytes(jpeg(both))
    done = command(
        "redact", source, target, "--known", known, "--show", "grace", "--json", tmp_path / "r"
    )
    assert done.returncode == 1
    assert [path.name for path in target.iterdir()] == ["both.png"]
    made = np.asarray(Image.open(target / "both.png").convert("RGB"))
    small, large = (512, 600), (512, 512)
    assert unlike(at(made, hopper_face, GRACE, small), at(both, hopper_face, GRACE, small)) < 1
    eileen = (astronaut_face, EILEEN, large)
    assert unlike(at(made, *eileen), at(both, *eileen)) > 25
    lines = done.stderr.splitlines()
    assert "1 of 3 files done" in lines[-1]
    assert len(lines) == 3, "a line for each that was refused, whatever it is called"
    assert any("films are not taken yet" in line for line in lines)
    rows = {
        Path(row["path"]).name: row for row in json.loads((tmp_path / "r").read_text())["files"]
    }
    assert [face["person"] for face in rows["both.png"]["shown"]] == ["grace"]
    assert set(rows["both.png"]["seconds"]) == {
        "decode", "detect", "identify", "hide", "encode", "check"
    }  # fmt: skip
    assert rows["half\nname.mp4"]["kind"] == "video"


@pytest.mark.slow
def test_a_file_that_is_refused_leaves_one_line_and_no_file(tmp_path: Path) -> None:
    """Also with what the decoders themselves say, and with what a file name can hold."""
    bad = tmp_path / "li\nst.tif"
    bad.write_bytes(_file(np.zeros((40, 60, 3), np.uint8), "TIFF", compression="jpeg")[:-200])
    done = command("redact", bad, tmp_path / "out.jpg")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [bad.name]


def test_a_copy_in_which_a_face_is_still_there_is_refused(
    both: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14: were hiding ever to fail."""
    photo = tmp_path / "both.jpg"
    photo.write_bytes(jpeg(both))
    monkeypatch.setattr(alone, "hide_without_ghosts", lambda pixels, *_boxes: pixels)
    with pytest.raises(RefusedFile) as caught:
        alone.redact(str(photo), ".jpg", {}, ())
    assert caught.value.code == "still_visible"


def test_only_who_is_surely_known_has_a_name(
    both: Pixels, known: Path, tmp_path: Path, hopper_face: Box
) -> None:
    path = tmp_path / "both.jpg"
    path.write_bytes(jpeg(both))
    gallery = {"grace": [alone.reference(str(file), ()) for file in (known / "grace").iterdir()]}
    grace, eileen = sorted(alone.identify(str(path), gallery), key=lambda face: face["box"][0])[:2]
    assert (grace["verdict"], grace["person"]) == ("known", "grace")
    assert eileen["person"] is None
    assert eileen["verdict"] == "unknown"
    left, top, right, bottom = grace["box"]
    box = Box.from_pixels(left, top, right, bottom, width=512, height=600)
    assert box.iou(hopper_face) > 0.5


def test_who_is_alone_on_the_other_photos_is_found_on_one_with_somebody_else(
    both: Pixels, hopper: Pixels, known: Path, tmp_path: Path
) -> None:
    """Of a photo of several it cannot be told whose it is, unless the other photos say so."""
    folder = tmp_path / "known"
    shutil.copytree(known, folder)
    for name in ("grace", "nobody"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "both.jpg").write_bytes(jpeg(both))
    seen = tmp_path / "seen.jpg"
    seen.write_bytes(jpeg(hopper))
    ran = command("identify", seen, "--known", folder)
    assert ran.returncode == 0, ran.stderr
    (face, *_) = json.loads(ran.stdout)["files"][0]["faces"]
    assert (face["verdict"], face["person"]) == ("known", "grace")
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == [
        str(folder / "nobody" / "both.jpg")
    ]
    first = alone.reference(str(folder / "grace" / "1.jpg"), ())
    found = alone.reference(str(folder / "grace" / "both.jpg"), [first])
    assert apart(np.array([first, found])) < THRESHOLD / 4


@pytest.mark.parametrize("suffix", sorted({*SUFFIXES} - {".jpe", ".mpo", ".hif", ".heif", ".tif"}))
def test_a_copy_is_of_the_kind_of_its_name_and_holds_the_picture_alone(
    suffix: str, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "Sem, groep 5", 6
    path = tmp_path / "in.jpg"
    flat = np.full((60, 90, 3), (200, 100, 50), np.uint8)
    path.write_bytes(_file(flat, "JPEG", exif=exif, comment=b"Sem"))
    data, report = alone.redact(str(path), suffix, {}, ())
    assert (report["in_size"], report["out_size"]) == ([60, 90], [60, 90])
    made = Image.open(io.BytesIO(data))
    assert made.size == (60, 90)
    assert b"Sem" not in data
    besides = ("exif", "xmp", "icc_profile", "comment", "photoshop")
    assert not [name for name in besides if made.info.get(name)]
    assert np.abs(np.asarray(made.convert("RGB"), np.int16) - (200, 100, 50)).max() < 12


def test_what_cannot_be_asked_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"")
    for words, says in (
        ([photo, tmp_path / "b.bmp"], "name a file that ends in one of"),
        ([photo, photo], "OUT is IN"),
        ([photo, tmp_path / "b.jpg", "--show", "sem"], "--show needs --known"),
        ([tmp_path / "no.jpg", tmp_path / "b.jpg"], "does not exist"),
        ([photo, tmp_path / "b.jpg", "--known", tmp_path, "--show", "sem", "noor"], "“sem”"),
    ):
        result = CliRunner().invoke(photos.redact, [str(word) for word in words])
        assert isinstance(result.exception, BadInput)
        assert says in str(result.exception)


def test_a_phone_s_two_files_of_one_name_become_two_copies(tmp_path: Path) -> None:
    for name in ("IMG_1.HEIC", "IMG_1.JPG", "IMG_2.heic", "a.tif"):
        (tmp_path / name).write_bytes(b"")
    jobs = copies(tmp_path, tmp_path / "out")
    assert {path.name: made.name for path, made in jobs} == {
        "IMG_1.HEIC": "IMG_1.HEIC.jpg", "IMG_1.JPG": "IMG_1.JPG", "IMG_2.heic": "IMG_2.jpg",
        "a.tif": "a.jpg",
    }  # fmt: skip


def _file(pixels: Pixels, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()
