"""A file store that is away, and files that are gone for good: two things, never mixed up."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.files import files
from consent.model import Answer
from consent.tables import Role
from core.clock import now
from core.config import Config
from core.errors import NoMemory, Unreachable
from media import items, refresh, stored, touch
from media.errors import Damaged, Missing, refusal
from media.pipeline import process_item
from media.tables import Item, Rendition
from tests.databases import sqlite_alone
from tests.web.out import Story, address, words
from tests.web.teaching import Desk, astronaut, jpeg

pytestmark = sqlite_alone

GOOD = jpeg(astronaut())


class Mount:
    """The folder of the files, as a disk that can be unmounted: an empty folder stays behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._elsewhere = folder.with_name("elsewhere")

    def away(self) -> None:
        self._folder.rename(self._elsewhere)
        self._folder.mkdir()

    def back(self) -> None:
        assert list(self._folder.iterdir()) == [], "nothing was put in the empty folder"
        self._folder.rmdir()
        self._elsewhere.rename(self._folder)


@pytest.fixture
def mount(config: Config) -> Mount:
    return Mount(config.storage)


def test_a_photo_waits_while_the_store_is_away_and_goes_on_when_it_is_back(
    desk: Desk, mount: Mount
) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    job = desk.jobs.waiting[0]
    mount.away()
    with pytest.raises(Unreachable):
        desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("uploaded", "unreachable")
    page = words(desk.page())
    assert "Waits" in page
    assert "cannot reach its stored photos" in page
    assert "Not usable" not in page
    administrator = desk.as_(Role.ADMINISTRATOR).get("/beheer/").text
    assert "The folder with the photos cannot be reached" in administrator
    assert "1 photo waits." in administrator
    mount.back()
    desk.jobs.waiting.append(job)  # as the engine does with a job that failed
    desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("ready", None)
    assert desk.logged("item:refused") == []


def test_nothing_is_taken_in_while_the_store_is_away(desk: Desk, mount: Mount) -> None:
    mount.away()
    answer = desk.send_one("a.jpg", GOOD)
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "unreachable"
    assert desk.items() == []
    mount.back()
    assert desk.send_one("a.jpg", GOOD).status_code == 201


def test_a_file_that_is_lost_keeps_the_photo_in_sight_until_it_is_added_again(desk: Desk) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    (desk.config.storage / desk.item(item_id).original_key).unlink()
    with pytest.raises(Missing):
        desk.work()
    assert desk.item(item_id).setback == "missing"
    page = words(desk.page())
    assert "cannot be found on the server, although it was received" in page
    assert "Try again" in page
    assert "1 photo waits." in desk.as_(Role.ADMINISTRATOR).get("/beheer/").text
    answer = desk.send_one("again.jpg", GOOD).get_json()
    assert (answer["id"], answer["state"]) == (item_id, "already")
    desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("ready", None)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("interrupted", "The photo itself may be in order: try again."),
        ("too_heavy", "asks for more memory than one photo may use"),
    ],
)
def test_a_photo_for_which_there_was_no_memory_says_so_and_can_be_tried_again(
    desk: Desk, code: str, told: str
) -> None:
    """The child that read it was killed by the system, or hit its own limit."""

    class Short:
        def run(self, function: Callable[..., Any], *args: Any) -> Any:
            raise refusal(code)

    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    process_item(desk.database, desk.vault, Short(), item_id, now())
    page = words(desk.page())
    assert told in page
    assert "Try again" in page
    desk.do(desk.item(item_id), "opnieuw")
    desk.work()
    assert desk.item(item_id).state == "ready"


def test_a_server_short_of_memory_says_so_and_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(desk.vault, "put_blocks", short)
    answer = desk.send_one("a.jpg", GOOD)
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "no_memory"
    assert desk.items() == []


def test_a_person_can_have_what_waits_tried_again(desk: Desk) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    path = desk.config.storage / desk.item(item_id).original_key
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(Damaged):
        desk.work()
    path.write_bytes(data)
    desk.do(desk.item(item_id), "opnieuw")
    assert desk.item(item_id).setback is None
    desk.work()
    assert desk.item(item_id).state == "ready"


def test_what_is_published_looks_as_if_it_did_not_exist_while_the_store_is_away(
    story: Story, mount: Mount
) -> None:
    """R13, R14: refused like everything that may not be seen, and from no cache."""
    _post, (publication,) = story.published()
    unknown = story.client().get("/beeld/unknown.jpg")
    mount.away()
    answer = story.client().get(address(publication))
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data)
    assert answer.headers["Cache-Control"] == "no-store"
    mount.back()
    assert story.client().get(address(publication)).status_code == 200


def test_a_withdrawal_is_saved_while_the_store_is_away_and_the_file_is_made_later(
    story: Story, mount: Mount
) -> None:
    """R4, R26: closing needs no file."""
    _post, (publication,) = story.published()
    mount.away()
    story.says(1, Answer.NO)
    job = next(job for job in story.jobs.waiting if job[0] == touch.JOB)
    with pytest.raises(Unreachable):
        story.work()
    mount.back()
    assert story.client().get(address(publication)).status_code == 404
    story.jobs.waiting.append(job)
    story.work()
    assert story.client().get(address(publication)).status_code == 200


def test_a_version_whose_child_was_killed_is_made_later(story: Story) -> None:
    """R26: the system was short of memory; nothing is wrong with the photo."""

    class Short:
        def run(self, function: Callable[..., Any], *args: Any) -> Any:
            raise refusal("interrupted")

    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    with pytest.raises(NoMemory):
        refresh.refresh_item(story.database, story.vault, Short(), publication.item_id, now())
    assert story.client().get(address(publication)).status_code == 404
    with story.database.read() as session:
        item = session.get_one(Item, publication.item_id)
    assert (item.render_problem, item.refreshed < item.edition) == ("no_memory", True)
    story.work()
    assert story.client().get(address(publication)).status_code == 200


def test_a_photo_removed_while_the_store_is_away_is_erased_later(
    story: Story, mount: Mount
) -> None:
    """R31: nothing of it is put back by a disk that comes back."""
    item = story.photo()
    teacher = story.client(story.teacher)
    mount.away()
    assert teacher.post(f"/opnamen/{item.id}/verwijderen").status_code == 302
    with pytest.raises(Unreachable):
        items.erase_files(story.database, story.vault, item)
    mount.back()
    path = story.vault.folder / item.original_key
    assert path.exists()
    os.utime(path, (1, 1))

    stored.tidy(story.database, story.vault, now())
    assert list(story.vault.files()) == []


def checked(config: Config) -> tuple[int, str]:
    """What `beeldpoort files check` says."""
    env = {"BEELDPOORT_VAR": str(config.var), "BEELDPOORT_SECRET": config.secret_key}
    done = CliRunner().invoke(files, ["check"], env=env)
    return done.exit_code, done.output


def test_the_check_tells_missing_damaged_and_left_over_apart(story: Story, config: Config) -> None:
    _post, (publication,) = story.published()
    assert checked(config)[0] == 0
    item = story.photo()
    left = story.vault.put(story.school.id or 0, "reviews", b"of a row that was rolled back")
    (story.vault.folder / left.key).with_suffix(".x.part").write_bytes(b"half")
    with story.database.read() as session:
        rendition = session.get_one(Rendition, publication.rendition_id)
    (story.vault.folder / rendition.file_key).write_bytes(b"something else")
    (story.vault.folder / item.original_key).unlink()
    status, said = checked(config)
    assert status == 1
    assert "database: whole" in said
    assert f"missing: 1\n  school {item.school_id}, photo {item.id}: its original" in said
    assert f"damaged: 1\n  school {item.school_id}, photo {rendition.item_id}: its rend" in said
    assert "named by nothing: 1" in said
    assert "left over from writing: 1" in said


def test_the_check_finds_a_damaged_database(story: Story, config: Config) -> None:
    story.database.dispose()
    path = config.var / "beeldpoort.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096 * 4] = b"\x5a" * (4096 * 4)
    path.write_bytes(data)
    status, said = checked(config)
    assert status != 0
    assert "database: DAMAGED" in said


def test_the_check_says_nothing_is_missing_where_nobody_can_tell(
    story: Story, config: Config, mount: Mount
) -> None:
    story.photo()
    mount.away()
    status, said = checked(config)
    assert status != 0
    assert "missing" not in said
