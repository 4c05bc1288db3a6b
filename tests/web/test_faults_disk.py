"""A full disk: a sentence, nothing half done, nothing lost, and on it goes once there is room."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlmodel import select

from app import create_app
from consent.model import Answer
from consent.tables import DecisionRow, Role
from core import log
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.errors import NoRoom
from core.jobs import HeldJobs
from media import stored
from media.children import InlineChildren
from media.refresh import refresh_item
from media.tables import Item
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.disk import Disk, mounted
from tests.make import Maker
from tests.web.out import Story, address, who_is_in, words
from tests.web.teaching import Desk, astronaut, jpeg

# A server keeps its own disk.
pytestmark = sqlite_alone

GOOD = jpeg(astronaut())


@pytest.fixture
def files_disk(config: Config) -> Iterator[Disk]:
    """The disk on which the stored files are."""
    with mounted(config.storage, 3) as disk:
        yield disk


@pytest.fixture
def database_disk(config: Config) -> Iterator[tuple[Disk, Config]]:
    """A disk on which only the database is."""
    with mounted(config.var / "small", 8) as disk:
        shutil.copy(config.var / "beeldpoort.db", disk.folder)
        yield disk, replace(config, database_url=f"sqlite:///{disk.folder / 'beeldpoort.db'}")


@pytest.fixture
def full_desk(files_disk: Disk, desk: Desk) -> tuple[Disk, Desk]:
    return files_disk, desk


@pytest.mark.parametrize(
    ("believed", "said"),
    [(0, "disk is nearly full (0 MB left)"), (-(10**9), "disk is full; nothing was saved")],
    ids=["looked at before", "found out while writing"],
)
def test_an_upload_to_a_full_disk_stores_nothing_and_can_be_sent_again(
    full_desk: tuple[Disk, Desk], believed: int, said: str
) -> None:
    disk, desk = full_desk
    disk.fill()
    desk.vault.keep_free = believed
    answer = desk.send_one("a.jpg", GOOD)
    assert answer.status_code == 507
    assert int(answer.headers["Retry-After"]) == answer.get_json()["retry"] > 0
    assert said in answer.get_json()["error"]
    assert "still on this device" in answer.get_json()["error"]
    assert (answer.get_json()["state"], answer.get_json()["code"]) == ("later", "no_room")
    assert desk.items() == []
    assert [path.name for path in desk.vault.files()] == ["ballast"], "no part is left behind"
    disk.make_room()
    assert desk.send_one("a.jpg", GOOD).status_code == 201


def test_of_many_files_in_one_form_each_that_had_room_is_kept(
    full_desk: tuple[Disk, Desk],
) -> None:
    _disk, desk = full_desk
    large = GOOD + bytes(1_600_000)  # the decoder does not mind what follows a photo
    answer = desk.send(("a.jpg", large), ("b.jpg", large + b"."), ("c.jpg", GOOD))
    assert answer.status_code == 507
    said = unescape(words(answer.get_data(as_text=True)))
    assert "b.jpg Not now The server's disk is nearly full" in said
    assert [item.file_name for item in desk.items()] == ["a.jpg", "c.jpg"]


def test_a_photo_whose_copy_for_review_has_no_room_waits_and_says_so(
    full_desk: tuple[Disk, Desk],
) -> None:
    disk, desk = full_desk
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    disk.fill()
    with pytest.raises(NoRoom):
        desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("uploaded", "no_room")
    page = words(desk.page())
    assert "Waits" in page
    assert "it goes on by itself" in page
    assert "Not usable" not in page, "nothing is wrong with the photo"
    disk.make_room()
    assert desk.client.post(f"/opnamen/{item_id}/opnieuw").status_code == 302
    desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("ready", None)


def test_below_the_reserve_photos_are_refused_and_a_withdrawal_goes_on(
    files_disk: Disk,
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> None:
    """R4, R26: what is kept free is kept for this."""
    story = Story.begin(app, database, jobs, vault, children, make)
    _post, (publication,) = story.published()
    vault.keep_free = vault.room() + 1
    teacher = story.client(story.teacher)
    activity = make.activity(story.school, story.teacher, [])
    answer = teacher.get(f"/activiteiten/{activity.id}")
    assert "nearly full" in answer.text
    sent = {"photos": (io.BytesIO(GOOD), "a.jpg")}
    assert teacher.post(f"/activiteiten/{activity.id}/opnamen", data=sent).status_code == 507
    assert vault.room() > len(GOOD), "there would be room, but it is kept"
    administrator = story.staff(Role.ADMINISTRATOR)
    assert "no photos are taken in" in administrator.get("/beheer/").text
    story.says(1, Answer.NO)
    assert story.client().get(address(publication)).status_code == 404
    story.work()
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}


def test_a_file_that_hides_more_and_has_no_room_leaves_the_photo_refused(
    files_disk: Disk,
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> None:
    """R13, R14: fail closed; the board says why, and it is made once there is room."""
    story = Story.begin(app, database, jobs, vault, children, make)
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    files_disk.fill()
    with pytest.raises(NoRoom):
        story.work()
    assert story.client().get(address(publication)).status_code == 404
    board = story.client(story.communications).get(f"/kanalen/{publication.channel_id}/")
    assert board.status_code == 200
    with database.read() as session:
        assert session.get_one(Item, publication.item_id).render_problem == "no_room"
    files_disk.make_room()
    refresh_item(database, vault, children, publication.item_id, now())
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}
    with database.read() as session:
        assert session.get_one(Item, publication.item_id).render_problem is None


def test_whoever_made_room_has_the_photo_made_again_with_one_button(
    files_disk: Disk,
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> None:
    """R13: until the file is there the photo stays refused, also after the button."""
    story = Story.begin(app, database, jobs, vault, children, make)
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    files_disk.fill()
    with pytest.raises(NoRoom):
        story.work()
    client = story.client(story.communications)
    again = f"{story.board(publication)}maken"
    assert f'action="{again}"' in client.get(story.board(publication)).text
    files_disk.make_room()
    page = client.post(again, follow_redirects=True)
    assert "being made" in page.text
    assert f'action="{again}"' not in page.text
    assert story.client().get(address(publication)).status_code == 404
    story.work()
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}


@pytest.fixture
def crowded(
    database_disk: tuple[Disk, Config],
    jobs: HeldJobs,
    children: InlineChildren,
) -> Iterator[tuple[Disk, Story]]:
    """A school whose database is on a disk of its own."""
    disk, config = database_disk
    database = Database(config.database_url, jobs)
    vault = Vault.in_folder(config.storage)
    app = create_app(config, database=database, vault=vault, children=children)
    app.config["WTF_CSRF_ENABLED"] = False
    yield disk, Story.begin(app, database, jobs, vault, children, Maker(database))
    database.dispose()


def decisions(story: Story) -> int:
    with story.database.read() as session:
        return len(session.exec(select(DecisionRow.id)).all())


def test_an_answer_for_which_the_database_has_no_room_is_kept_on_the_page(
    crowded: tuple[Disk, Story],
) -> None:
    """Nothing of it is recorded; the same form can be sent again, and counts then (R4)."""
    disk, story = crowded
    guardian = story.client(story.guardians[0])
    before = decisions(story)
    page = BeautifulSoup(guardian.get(f"/mijn/kind/{story.people[0].id}/").text, "html.parser")
    form = {
        field["name"]: field.get("value", "")
        for field in page.select("main form input[type=hidden]")
    } | {field["name"]: "no" for field in page.select("main form input[type=radio]")}
    disk.fill()
    answer = guardian.post(f"/mijn/kind/{story.people[0].id}/bewaren", data=form)
    assert answer.status_code == 507
    assert "disk is full; nothing was saved" in answer.text
    assert decisions(story) == before
    kept = BeautifulSoup(answer.text, "html.parser").select_one("main form")
    assert kept is not None
    again = {str(field["name"]): str(field["value"]) for field in kept.select("input")}
    assert again.items() >= form.items()
    # Looking goes on.
    assert guardian.get(f"/mijn/kind/{story.people[0].id}/").status_code == 200
    disk.make_room()
    assert guardian.post(str(kept["action"]), data=again).status_code == 302
    assert decisions(story) > before
    with story.database.read() as session:
        assert log.verify(session, story.school.id or 0).broken is None


def test_a_file_whose_row_had_no_room_is_removed_after_a_day_and_no_other(
    crowded: tuple[Disk, Story],
) -> None:
    disk, story = crowded
    item = story.photo()
    kept = set(story.vault.files())
    disk.fill()
    with pytest.raises(NoRoom), story.database.write() as session:
        story.vault.put(story.school.id or 0, "originals", GOOD)
        row = session.exec(select(Item)).one()
        row.refusal_params = {"more than fits": "x" * 9000}
        session.add(row)
    disk.make_room()
    (orphan,) = set(story.vault.files()) - kept
    report = stored.compare(story.database, story.vault)
    assert (report.orphans, report.holds, report.named) == ([orphan], True, 1)
    assert stored.tidy(story.database, story.vault, now()) == 0, "it may be in the making"
    for path in story.vault.files():
        os.utime(path, (1, 1))
    assert stored.tidy(story.database, story.vault, now()) == 1
    assert set(story.vault.files()) == kept
    assert story.vault.get(item.original_key)


def test_the_log_of_a_process_on_a_full_disk_costs_no_request(
    config: Config, tmp_path: Path
) -> None:
    """Lines are lost, the site is not."""
    script = (
        "import logging, structlog, sys\n"
        "from core import logs\n"
        "logs.configure(readable=False)\n"
        "for _ in range(3):\n"
        "    structlog.get_logger('media').warning('x' * 5000)\n"
        "structlog.get_logger('core.run').info('x' * 5000)\n"
        "sys.stdout.write('went on')\n"
    )
    with mounted(tmp_path / "log", 1) as disk, (disk.folder / "log").open("w") as errors:
        disk.fill()
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
    assert done.stdout == "went on"


def test_what_is_published_is_served_while_the_database_has_no_room(
    crowded: tuple[Disk, Story],
) -> None:
    """The gate reads, and asks as always (R13)."""
    disk, story = crowded
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    disk.fill()
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}
