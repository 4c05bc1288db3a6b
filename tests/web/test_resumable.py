"""A photo that is sent in parts, over real HTTP: nothing of it is lost, and nobody else gets at it.

Clients and server speak tus 1.0 (`media.views_uploads`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from app import create_app
from consent.tables import ProtocolRead, Role
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media import resumable
from media.children import InlineChildren
from media.partial import PartialUpload
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.journeys.browser import serving
from tests.journeys.running import Deaths, Died, MortalDatabase
from tests.web.phone import Phone
from tests.web.teaching import Desk, astronaut, jpeg

pytestmark = sqlite_alone

GOOD = jpeg(astronaut())


def photo(size: int, seed: int = 0) -> bytes:
    """Bytes that begin as a JPEG does; each seed gives others."""
    return b"\xff\xd8\xff" + random.Random(seed).randbytes(size - 3)  # noqa: S311 - no secret


def parts_of(vault_folder: Path) -> list[Path]:
    return [path for path in vault_folder.glob("*/parts/**/*") if path.is_file()]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield from serving(app)


def phone_of(desk: Desk, address: str, client: FlaskClient | None = None) -> Phone:
    """A phone on which whoever uses `client` is signed in, with the activity's page open."""
    cookie = (client or desk.client).get_cookie("session")
    assert cookie is not None
    phone = Phone(address, f"session={cookie.value}")
    phone.open("/")
    return phone


@pytest.fixture
def phone(desk: Desk, address: str) -> Phone:
    return phone_of(desk, address)


def begun(desk: Desk, phone: Phone, data: bytes, name: str = "IMG_1.jpg") -> str:
    """The address of a new upload of which nothing was sent yet."""
    answer = phone.begin(desk.activity.id or 0, name, len(data))
    assert answer.status == 201, answer.body
    assert answer.offset == 0
    return answer.headers["Location"]


def original(desk: Desk, item_id: int) -> bytes:
    return desk.vault.get(desk.item(item_id).original_key)


# --- nothing is lost ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_photo_arrives_as_it_was_although_the_line_is_cut_at_every_turn(
    desk: Desk, phone: Phone, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    data = photo(chance.randrange(400_000, 900_000), seed)
    place = begun(desk, phone, data)
    cuts = offset = 0
    while offset < len(data):
        part = data[offset : offset + chance.randrange(1, 120_000)]
        if cuts < 20 and chance.random() < 0.6:
            phone.cut_off(place, offset, part, chance.randrange(len(part)))
            cuts += 1
        else:
            assert phone.go_on(place, offset, part).status == 204
        offset = phone.ask("HEAD", place).offset
    assert cuts > 3
    told = phone.ask("GET", place).json
    assert told["state"] == "uploaded"
    assert original(desk, told["id"]) == data
    assert desk.item(told["id"]).size == len(data)
    assert parts_of(desk.config.storage) == []


def test_a_photo_that_fits_in_one_request_needs_one(desk: Desk, phone: Phone) -> None:
    answer = phone.begin(desk.activity.id or 0, "map/IMG_2.jpg", len(GOOD), GOOD)
    assert (answer.status, answer.offset) == (201, len(GOOD))
    assert answer.json["state"] == "uploaded"
    assert answer.json["url"] == f"/opnamen/{answer.json['id']}"
    assert desk.item(answer.json["id"]).file_name == "IMG_2.jpg"
    assert original(desk, answer.json["id"]) == GOOD


def test_a_server_that_starts_again_knows_how_far_it_was(
    desk: Desk, phone: Phone, vault: Vault, config: Config
) -> None:
    data = photo(300_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:200_000])
    again = Database(config.database_url, HeldJobs())
    app = create_app(config, database=again, vault=vault, children=InlineChildren())
    for address in serving(app):
        phone = phone_of(desk, address)
        assert phone.ask("HEAD", place).offset == 200_000
        assert phone.go_on(place, 200_000, data[200_000:]).status == 204
        told = phone.ask("GET", place).json
    again.dispose()
    assert original(desk, told["id"]) == data


def test_a_large_part_is_stored_in_pieces_that_are_kept_one_by_one(
    desk: Desk, phone: Phone
) -> None:
    """So that neither memory nor what a dying process loses grows with the file."""
    data = photo(3 * resumable.PART_BYTES)
    place = begun(desk, phone, data)
    sent = len(data) - 1000
    assert phone.go_on(place, 0, data[:sent]).offset == sent
    sizes = sorted(path.stat().st_size for path in parts_of(desk.config.storage))
    assert sizes == [resumable.PART_BYTES - 1000, resumable.PART_BYTES, resumable.PART_BYTES]
    assert phone.go_on(place, sent, data[sent:]).status == 204
    assert original(desk, phone.ask("GET", place).json["id"]) == data


@pytest.mark.parametrize("moments", range(6))
def test_a_process_that_dies_at_any_moment_leaves_the_photo_once_or_to_be_gone_on_with(
    desk: Desk, vault: Vault, jobs: HeldJobs, moments: int
) -> None:
    """Just before and just after each commit that the last two parts need."""
    deaths = Deaths()
    database = MortalDatabase(desk.config.database_url, jobs, deaths)
    data = photo(150_000)
    now = datetime.now(UTC)
    me = desk.teacher.id or 0
    upload = resumable.begin(
        database,
        desk.activity,
        name="IMG_3.jpg",
        length=len(data),
        max_bytes=1_000_000,
        by=me,
        now=now,
    )
    deaths.after, died = moments, 0
    while True:
        with database.read() as session:
            seen = resumable.find(session, upload.token, activity=desk.activity, by=me, now=now)
        if seen.finished_at is not None:
            break
        part = data[seen.received :][:100_000]
        try:
            resumable.receive(
                database,
                vault,
                seen,
                offset=seen.received,
                size=len(part),
                stream=_Slow(part),
                max_bytes=1_000_000,
                now=now,
            )
        except Died:
            died += 1
    database.dispose()
    assert died == 1
    [item] = desk.items()
    assert seen.item_id == item.id
    assert original(desk, item.id or 0) == data
    # Parts that a process left behind when it died at the very end go with the row.
    resumable.remove_expired(desk.database, desk.vault, now + resumable.KEPT)
    assert parts_of(desk.config.storage) == []


class _Slow:
    """A stream that gives a little at a time, as a line does."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        given, self._data = self._data[: min(size, 7000)], self._data[min(size, 7000) :]
        return given


def test_of_several_who_go_on_at_once_one_does_and_the_file_is_whole(
    desk: Desk, phone: Phone
) -> None:
    """A phone that comes back sends again what its lost request is still sending."""
    data = photo(240_000)
    place = begun(desk, phone, data)
    for offset in range(0, len(data), 80_000):
        part = data[offset : offset + 80_000]
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(phone.go_on, place, offset, part) for _ in range(4)]
        statuses = sorted(future.result().status for future in sent)
        assert statuses[0] == 204
        # Too late (409), or when the file was whole already (413, or its parts just gone: 503).
        assert set(statuses[1:]) <= {409, 413, 503}
        # What was counted is not replaced by something else either.
        assert phone.go_on(place, offset, photo(80_000, 1)).status in (409, 413)
    told = phone.ask("GET", place).json
    assert original(desk, told["id"]) == data
    assert len(desk.items()) == 1


# --- one use case per file ------------------------------------------------------------------------


def test_the_same_bytes_twice_are_one_item_however_they_came(desk: Desk, phone: Phone) -> None:
    first = desk.send_one("form.jpg", GOOD, client=no_csrf(desk)).get_json()
    again = phone.begin(desk.activity.id or 0, "parts.jpg", len(GOOD), GOOD)
    assert (again.status, again.json["state"]) == (201, "already")
    assert again.json["id"] == first["id"]
    assert "“parts.jpg” is already here" in again.json["text"]
    assert len(desk.items()) == 1


def no_csrf(desk: Desk) -> FlaskClient:
    """The form's own client; the token belongs to the page, which these tests do not open."""
    desk.app.config["WTF_CSRF_ENABLED"] = False
    return desk.client


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("letter.jpg", b"Dear parents"),
        ("empty.jpg", b""),
        ("dance.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    ],
    ids=["text", "empty", "film"],
)
def test_what_is_no_photo_is_refused_in_the_same_words_as_by_the_form(
    desk: Desk, phone: Phone, name: str, data: bytes
) -> None:
    at_once = phone.begin(desk.activity.id or 0, name, len(data), data)
    assert at_once.status == 400
    in_parts = at_once
    if data:
        place = begun(desk, phone, data, name)
        phone.go_on(place, 0, data[:5])
        in_parts = phone.go_on(place, 5, data[5:])
        # Also who missed that answer hears it.
        assert phone.ask("GET", place).json == in_parts.json
        assert parts_of(desk.config.storage) == []
    by_form = desk.send_one(name, data, client=no_csrf(desk))
    assert by_form.status_code == in_parts.status == 400
    assert by_form.get_json() == in_parts.json == at_once.json
    assert by_form.get_json()["state"] == "refused"
    assert desk.items() == []


def test_a_file_over_the_limit_is_refused_before_it_is_sent(desk: Desk, phone: Phone) -> None:
    limit = desk.config.max_upload_bytes
    answer = phone.begin(desk.activity.id or 0, "large.jpg", limit + 1)
    assert answer.status == 413
    assert answer.json["state"] == "refused"
    assert "“large.jpg” is 51 MB; a file may be at most 50 MB" in answer.json["error"]
    assert desk.make.latest(PartialUpload) is None


# --- the protocol ---------------------------------------------------------------------------------


def test_the_server_says_what_it_can_do(desk: Desk, phone: Phone) -> None:
    answer = phone.ask("OPTIONS", f"/activiteiten/{desk.activity.id}/zendingen")
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == str(desk.config.max_upload_bytes)


def test_another_version_of_the_protocol_is_not_spoken(desk: Desk, phone: Phone) -> None:
    phone.headers = {"Tus-Resumable": "0.2.2"}
    answer = phone.begin(desk.activity.id or 0, "IMG_1.jpg", 10)
    assert (answer.status, answer.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_part_that_does_not_begin_where_the_file_stopped_is_not_stored(
    desk: Desk, phone: Phone
) -> None:
    data = photo(100_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:70_000])
    for offset in (0, 69_999, 70_001):
        answer = phone.go_on(place, offset, b"x" * 10)
        assert answer.status == 409
        assert answer.json["error"] == f"The file goes on at byte 70000, not at {offset}."
    assert phone.ask("HEAD", place).offset == 70_000


def test_a_part_that_makes_the_file_longer_than_announced_is_not_stored(
    desk: Desk, phone: Phone
) -> None:
    data = photo(100_000)
    place = begun(desk, phone, data)
    answer = phone.go_on(place, 0, data + b"x")
    assert (answer.status, phone.ask("HEAD", place).offset) == (413, 0)
    assert parts_of(desk.config.storage) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "one"}, 400),
        ({"Upload-Offset": "9" * 30}, 400),
        ({"Content-Type": "image/jpeg"}, 415),
    ],
    ids=["negative", "a word", "too long", "another type"],
)
def test_a_part_with_headers_that_say_nothing_is_not_stored(
    desk: Desk, phone: Phone, headers: dict[str, str], status: int
) -> None:
    place = begun(desk, phone, GOOD)
    assert phone.go_on(place, 0, GOOD[:100], **headers).status == status
    assert phone.ask("HEAD", place).offset == 0


def test_a_file_whose_length_or_name_cannot_be_read_is_not_begun(desk: Desk, phone: Phone) -> None:
    place = f"/activiteiten/{desk.activity.id}/zendingen"
    told = phone.ask("POST", place, headers={"Upload-Defer-Length": "1"})
    assert told.status == 400
    assert told.json["error"] == "Upload-Length is “”; it must be a whole number of bytes."
    odd = {"Upload-Length": "10", "Upload-Metadata": "filename IMG_1.jpg"}
    assert "which is no text in base64" in phone.ask("POST", place, headers=odd).json["error"]


def test_many_tiny_parts_are_refused_before_they_fill_the_store(desk: Desk, phone: Phone) -> None:
    data = photo(resumable.MOST_SMALL_PARTS + 10)
    place = begun(desk, phone, data)
    with desk.database.write() as session:
        upload = session.exec(select(PartialUpload)).one()
        upload.parts = [[1, "0" * 64]] * resumable.MOST_SMALL_PARTS
        upload.received = resumable.MOST_SMALL_PARTS
    answer = phone.go_on(place, resumable.MOST_SMALL_PARTS, b"x")
    assert answer.status == 400
    assert "too many small parts" in answer.json["error"]


# --- whose it is ----------------------------------------------------------------------------------


def test_whoever_leaves_a_photo_out_takes_its_parts_along(desk: Desk, phone: Phone) -> None:
    data = photo(100_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:70_000])
    assert parts_of(desk.config.storage)
    assert phone.ask("DELETE", place).status == 204
    assert parts_of(desk.config.storage) == []
    assert phone.ask("HEAD", place).status == 404


def test_an_upload_is_there_for_the_account_that_began_it_alone(
    desk: Desk, phone: Phone, address: str
) -> None:
    """R32: for anybody else it does not exist; without signing in nothing is told at all."""
    data = photo(100_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:70_000])
    others = {
        "a colleague": (desk.as_(Role.TEACHER), 404),
        "another school": (desk.as_(Role.TEACHER, school=desk.make.school()), 404),
        "another role": (desk.as_(Role.COMMUNICATIONS), 403),
        "a guardian": (desk.as_(Role.GUARDIAN), 403),
    }
    for who, (client, status) in others.items():
        other = phone_of(desk, address, client)
        assert other.ask("HEAD", place).status == status, who
        assert other.ask("GET", place).status == status, who
        assert other.go_on(place, 70_000, data[70_000:]).status == status, who
        assert other.ask("DELETE", place).status == status, who
    stranger = Phone(address, "")
    assert stranger.ask("HEAD", place).status == 401
    assert stranger.go_on(place, 70_000, data[70_000:]).status in (400, 401)
    assert phone.ask("HEAD", place).offset == 70_000
    # Nor is it part of another activity.
    elsewhere = desk.make.activity(desk.school, desk.teacher, [])
    moved = place.replace(f"/{desk.activity.id}/", f"/{elsewhere.id}/")
    assert phone.ask("HEAD", moved).status == 404


def test_nothing_of_a_part_is_ever_given_back(desk: Desk, phone: Phone) -> None:
    data = photo(100_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:70_000])
    assert phone.ask("GET", place).json == {"state": "sending"}
    [part] = parts_of(desk.config.storage)
    for tried in (f"{place}/{part.name}", f"/static/../var/files/{part.name}"):
        assert phone.ask("GET", tried).status == 404


def test_nothing_is_begun_or_gone_on_with_before_the_protocol_was_read(
    desk: Desk, phone: Phone
) -> None:
    """R23, also when a new protocol comes while a photo is on its way."""
    place = begun(desk, phone, GOOD)
    with desk.database.write() as session:
        for row in session.exec(select(ProtocolRead)):
            session.delete(row)
    for answer in (
        phone.begin(desk.activity.id or 0, "IMG_2.jpg", len(GOOD)),
        phone.go_on(place, 0, GOOD),
    ):
        assert answer.status == 403
        assert "Read the protocol first" in answer.json["error"]
        assert "next=" in answer.json["url"]
    assert desk.items() == []


def test_a_request_from_another_site_changes_nothing(desk: Desk, phone: Phone) -> None:
    place = begun(desk, phone, GOOD)
    phone.token = ""
    assert phone.begin(desk.activity.id or 0, "IMG_2.jpg", 10).status == 400
    assert phone.go_on(place, 0, GOOD).status == 400
    assert phone.ask("DELETE", place).status == 400
    assert phone.ask("HEAD", place).offset == 0


# --- limits and the end ---------------------------------------------------------------------------


def aged(desk: Desk, **fields: Any) -> None:
    """Give every upload other times."""
    with desk.database.write() as session:
        for upload in session.exec(select(PartialUpload)):
            for field, value in fields.items():
                setattr(upload, field, value)


def test_what_was_begun_too_long_ago_is_over_and_the_sweep_takes_its_parts(
    desk: Desk, phone: Phone
) -> None:
    data = photo(100_000)
    place = begun(desk, phone, data)
    phone.go_on(place, 0, data[:70_000])
    now = datetime.now(UTC)
    assert resumable.remove_expired(desk.database, desk.vault, now) == 0
    aged(desk, expires_at=now - timedelta(seconds=1))
    assert phone.ask("HEAD", place).status == 410
    assert phone.go_on(place, 70_000, data[70_000:]).status == 410
    assert resumable.remove_expired(desk.database, desk.vault, now) == 1
    assert parts_of(desk.config.storage) == []
    assert phone.ask("HEAD", place).status == 404


def test_a_photo_stays_when_the_memory_of_its_upload_is_thrown_away(
    desk: Desk, phone: Phone
) -> None:
    item_id = phone.begin(desk.activity.id or 0, "IMG_1.jpg", len(GOOD), GOOD).json["id"]
    now = datetime.now(UTC) + resumable.KEPT
    assert resumable.remove_expired(desk.database, desk.vault, now) == 1
    assert original(desk, item_id) == GOOD


@pytest.mark.parametrize(
    ("number", "length"),
    [(resumable.MOST_OPEN, 1000), (2, resumable.MOST_BYTES // 2)],
    ids=["files", "bytes"],
)
def test_an_account_has_only_so_much_on_its_way_until_it_lies_still(
    desk: Desk, number: int, length: int
) -> None:
    now = datetime.now(UTC)

    def begin(by: int, now: datetime) -> PartialUpload:
        return resumable.begin(
            desk.database,
            desk.activity,
            name="IMG_1.jpg",
            length=length,
            max_bytes=resumable.MOST_BYTES,
            by=by,
            now=now,
        )

    me, colleague = desk.teacher.id or 0, desk.make.account(desk.school, Role.TEACHER).id or 0
    first, *_others = [begin(me, now + timedelta(seconds=second)) for second in range(number)]
    soon = now + timedelta(minutes=5)
    with pytest.raises(resumable.TooManyOpen, match=f"{number} files of yours"):
        begin(me, soon)
    begin(colleague, soon)
    later = now + resumable.IDLE + timedelta(seconds=1)
    begin(me, later)
    with desk.database.read() as session, pytest.raises(resumable.Expired):
        resumable.find(session, first.token, activity=desk.activity, by=me, now=later)
