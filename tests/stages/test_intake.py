"""Each bad upload gets a sentence that says what is wrong and what to do (R14, fail closed)."""

from __future__ import annotations

import io
import pickle
import re

import numpy as np
import pytest
from PIL import Image

from media.errors import SENTENCES, MediaError, RefusedFile, refusal
from media.intake import UploadKind, check_upload, is_cut_short, sniff

LIMIT = 25_000_000


def picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("JPEG", UploadKind.JPEG),
        ("PNG", UploadKind.PNG),
        ("WEBP", UploadKind.WEBP),
        ("HEIF", UploadKind.HEIC),
        ("AVIF", UploadKind.AVIF),
        ("TIFF", UploadKind.TIFF),
        ("GIF", UploadKind.GIF),
    ],
)
def test_the_kind_is_read_from_the_bytes_and_not_from_the_name(
    kind: str, expected: UploadKind
) -> None:
    data = picture(kind)
    assert check_upload("musical.txt", data, LIMIT) is expected
    assert not is_cut_short(expected, data)


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("lijst.jpg", b"Aanwezig: Sem, Noor", "not_a_photo", "“lijst.jpg” is not a photo"),
        ("leeg.jpg", b"", "empty", "“leeg.jpg” is empty (0 bytes)"),
        ("scan.bmp", b"BM" + bytes(40), "other_kind", "“scan.bmp” is a BMP file"),
        ("brief.jpg", b"%PDF-1.7", "other_kind", "is a PDF file"),
        ("dans.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "film", "“dans.mp4” is a film"),
        ("lied.wav", b"RIFF\x24\0\0\0WAVEfmt ", "sound_file", "“lied.wav” is a sound recording"),
    ],
    ids=["text", "empty", "bmp", "pdf", "film", "sound"],
)
def test_what_is_no_photo_is_refused_with_its_own_sentence(
    name: str, data: bytes, code: str, words: str
) -> None:
    with pytest.raises(RefusedFile) as caught:
        check_upload(name, data, LIMIT)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.status == 400


def test_a_file_over_the_limit_says_its_size_and_the_limit() -> None:
    with pytest.raises(RefusedFile) as caught:
        check_upload("groot.jpg", b"\xff\xd8\xff" + bytes(LIMIT), LIMIT)
    assert caught.value.code == "too_large"
    # Never "25 MB; at most 25 MB".
    assert "“groot.jpg” is 26 MB; a file may be at most 25 MB" in str(caught.value)


def test_a_name_with_percent_signs_is_shown_as_it_is() -> None:
    with pytest.raises(RefusedFile, match=re.escape("“100%s%d.jpg”")):
        check_upload("100%s%d.jpg", b"no photo at all", LIMIT)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF"])
def test_a_container_that_ends_too_early_is_cut_short(kind: str) -> None:
    data = picture(kind)
    found = sniff(data)
    assert found is not None
    assert is_cut_short(found, data[: len(data) // 2])


def test_a_refusal_is_built_again_from_its_code_and_params() -> None:
    """So that it can be kept in the database and read later in another language."""
    first = refusal("too_many_pixels", megapixels=400, limit=100)
    again = refusal(first.code, **first.params)
    assert str(again) == str(first)
    assert "400 million pixels; at most 100 million" in str(again)
    assert isinstance(again, MediaError)


def test_a_refusal_comes_back_whole_from_a_child() -> None:
    sent = refusal("animation", frames=12)
    back = pickle.loads(pickle.dumps(sent))  # noqa: S301 - our own bytes
    assert (type(back), back.code, back.params, str(back)) == (
        RefusedFile, "animation", {"frames": 12}, str(sent)
    )  # fmt: skip


def test_a_refusal_without_its_params_is_noticed_where_it_is_made() -> None:
    with pytest.raises(KeyError):
        refusal("too_many_pixels", limit=100)
    with pytest.raises(KeyError):
        refusal("no_such_code")


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_refusal_says_what_is_wrong_and_what_to_do(code: str) -> None:
    assert SENTENCES[code].count(".") + SENTENCES[code].count(";") >= 2 or code in (
        "film",
        "sound_file",
    )
