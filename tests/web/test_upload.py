"""Activities, attendance and adding photos, through the web."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from sqlmodel import select

from consent.model import Answer, PersonKind
from consent.tables import Activity, ProtocolRead, Role
from media import activities
from media.errors import Damaged
from media.pipeline import process_item
from media.tables import Item, Rendition
from tests.databases import sqlite_alone
from tests.web.teaching import Desk, astronaut, group_photo, jpeg, nobody

pytestmark = sqlite_alone

GOOD = jpeg(astronaut())


def read_nothing(desk: Desk) -> None:
    """As if the teacher had never read the protocol."""
    with desk.database.write() as session:
        for row in session.exec(select(ProtocolRead)):
            session.delete(row)


def test_an_activity_begins_with_everybody_of_its_groups(desk: Desk) -> None:
    answer = desk.client.post(
        "/activiteiten/nieuw",
        data={"name": " Trip to  the zoo ", "day": "2026-06-12", "groups": desk.people[0].group_id},
    )
    made = desk.make.latest(Activity)
    assert answer.location.startswith(f"/activiteiten/{made.id}/aanwezig")
    assert made.name == "Trip to the zoo"
    with desk.database.read() as session:
        assert activities.attended(session, made.id) == {person.id for person in desk.people}
    page = desk.client.get(answer.location).get_data(as_text=True)
    assert page.count(" checked") == len(desk.people)


def test_an_activity_without_a_name_or_a_day_is_not_made(desk: Desk) -> None:
    answer = desk.client.post("/activiteiten/nieuw", data={"name": "", "day": ""})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert "Fill in what the activity is called." in page
    assert "Choose the date." in page


def test_whoever_was_absent_is_unticked_and_others_are_added(desk: Desk) -> None:
    aunt = desk.make.person(desk.school, kind=PersonKind.STAFF, given_name="Juf Wil", born=None)
    stranger = desk.make.person(desk.make.school())
    ticked = [desk.people[0].id, aunt.id, stranger.id]
    desk.client.post(f"/activiteiten/{desk.activity.id}/aanwezig", data={"person": ticked})
    with desk.database.read() as session:
        # Somebody of another school cannot be added, whatever is sent.
        assert activities.attended(session, desk.activity.id or 0) == {desk.people[0].id, aunt.id}
    [entry] = desk.logged("activity:changed")
    assert entry == {"activity": desk.activity.id, "fields": ["attendance"]}


def test_a_group_that_joins_later_brings_its_people_and_one_that_leaves_takes_them(
    desk: Desk,
) -> None:
    other = desk.make.group(desk.school, "groep 6")
    newcomer = desk.make.person(desk.school, other)
    desk.client.post(
        f"/activiteiten/{desk.activity.id}/wijzigen",
        data={"name": "Sportdag", "day": "2026-06-03", "groups": [other.id]},
    )
    with desk.database.read() as session:
        assert activities.attended(session, desk.activity.id or 0) == {newcomer.id}


def test_the_list_to_take_along_has_only_who_may_be_shown_nowhere_and_no_reason(
    desk: Desk,
) -> None:
    """R25, R33: not those who may be shown on one channel; not why."""
    noor, daan, sanne, youssef = desk.people
    desk.make.decided(noor, desk.make.guardian(noor), desk.website)
    desk.make.decided(daan, desk.make.guardian(daan), desk.closed)
    desk.make.decided(sanne, desk.make.guardian(sanne), desk.website, Answer.NO)
    page = desk.client.get(f"/activiteiten/{desk.activity.id}/lijst").get_data(as_text=True)
    names = re.findall(r"<li>([^<]*)</li>", page)
    assert names == [sanne.full_name, youssef.full_name]  # refused, and never asked: alike
    for told in ("consent", "refuse", "answer", "said no"):
        assert told not in page.lower()


def test_an_activity_that_asks_its_own_consent_lists_by_that_consent(desk: Desk) -> None:
    """R6: from the moment an activity asks, only its own answer counts."""
    noor = desk.people[0]
    desk.make.decided(noor, desk.make.guardian(noor), desk.website)
    with desk.database.write() as session:
        activity = session.get_one(Activity, desk.activity.id)
        activity.asks_consent_since = datetime(2026, 1, 6, tzinfo=UTC)
    page = desk.client.get(f"/activiteiten/{desk.activity.id}/lijst").get_data(as_text=True)
    assert noor.full_name in page


def test_the_protocol_is_read_before_the_first_photo(desk: Desk) -> None:
    """R23: the page says so, the form leads there, the script is told so."""
    read_nothing(desk)
    page = desk.page()
    assert "/activiteiten/1" in page
    assert 'type="file"' not in page
    answer = desk.send(("a.jpg", GOOD))
    assert answer.status_code == 302
    assert "next=" in answer.location
    told = desk.send_one("a.jpg", GOOD)
    assert told.status_code == 403
    assert "Read the protocol first" in told.get_json()["error"]
    assert desk.items() == []


def test_an_upload_answers_the_script_with_where_the_photo_is(desk: Desk) -> None:
    answer = desk.send_one("camera roll/IMG_1.jpg", GOOD)
    assert answer.status_code == 201
    [item] = desk.items()
    assert answer.get_json()["id"] == item.id
    assert answer.get_json()["url"] == f"/opnamen/{item.id}"
    assert answer.get_json()["state"] == "uploaded"
    assert item.file_name == "IMG_1.jpg"
    [entry] = desk.logged("item:uploaded")
    assert entry == {"item": item.id, "activity": desk.activity.id, "sha256": item.sha256}


def test_one_question_tells_how_far_every_photo_is(desk: Desk) -> None:
    desk.send(("a.jpg", GOOD), ("b.jpg", jpeg(group_photo())))
    before = desk.client.get(f"/activiteiten/{desk.activity.id}/stand").get_json()
    assert before["busy"] == 2
    desk.work()
    after = desk.client.get(f"/activiteiten/{desk.activity.id}/stand").get_json()
    assert after["busy"] == 0
    assert [row["state"] for row in after["items"]] == ["ready", "ready"]
    # The mark of a tile is what tells the page to renew it.
    assert all(
        old["mark"] != new["mark"] for old, new in zip(before["items"], after["items"], strict=True)
    )


def test_without_a_script_the_page_says_to_delete_the_originals(desk: Desk) -> None:
    """R24: pictures do not stay on private devices."""
    assert "delete the originals" in desk.send(("a.jpg", GOOD)).get_data(as_text=True)


def test_looking_twice_finds_nothing_twice(desk: Desk) -> None:
    """A job that is done again after a crash does no harm."""
    item = desk.photo(group_photo())
    before = [(face.id, face.left) for face in desk.faces(item)]
    process_item(desk.database, desk.vault, desk.children, item.id or 0, datetime.now(UTC))
    assert [(face.id, face.left) for face in desk.faces(item)] == before
    assert len(desk.logged("item:processed")) == 1


def test_a_photo_that_was_taken_away_meanwhile_is_left_alone(desk: Desk) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    desk.client.post(f"/opnamen/{item_id}/verwijderen")
    desk.work()
    assert desk.item(item_id).state == "uploaded"
    assert desk.logged("item:processed") == []


def test_a_file_that_changed_in_the_store_is_not_looked_at(desk: Desk) -> None:
    """Fail closed: what is not what was stored is no photo of this item. It waits, in sight."""
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    stored = desk.config.storage / desk.item(item_id).original_key
    stored.chmod(0o600)
    stored.write_bytes(b"something else")
    with pytest.raises(Damaged):
        desk.work()
    assert (desk.item(item_id).state, desk.item(item_id).setback) == ("uploaded", "damaged")


@pytest.mark.parametrize("role", [Role.COMMUNICATIONS, Role.PRIVACY_OFFICER, Role.GUARDIAN])
def test_only_teachers_and_supervisors_see_photos_in_which_nothing_is_hidden(
    desk: Desk, role: Role
) -> None:
    item = desk.photo(astronaut())
    other = desk.as_(role)
    for address in (
        f"/activiteiten/{desk.activity.id}",
        f"/opnamen/{item.id}",
        f"/opnamen/{item.id}/foto.jpg",
        f"/opnamen/{item.id}/klein.jpg",
        f"/opnamen/{item.id}/voorbeeld/{desk.website.id}.jpg",
    ):
        assert other.get(address).status_code == 403, address


def test_a_teacher_of_another_school_finds_nothing(desk: Desk) -> None:
    """R32: the same answer as for what does not exist."""
    item = desk.photo(astronaut())
    other = desk.as_(Role.TEACHER, school=desk.make.school())
    for address in (
        f"/activiteiten/{desk.activity.id}",
        f"/activiteiten/{desk.activity.id}/lijst",
        f"/activiteiten/{desk.activity.id}/stand",
        f"/opnamen/{item.id}",
        f"/opnamen/{item.id}/foto.jpg",
    ):
        assert other.get(address).status_code == 404, address
    assert desk.send_one("b.jpg", GOOD, client=other).status_code == 404
    assert other.post(f"/opnamen/{item.id}/verwijderen").status_code == 404
    assert desk.item(item.id or 0).removed_at is None


def test_a_removed_photo_is_gone_with_its_files_unless_another_activity_has_it(
    desk: Desk,
) -> None:
    elsewhere = desk.make.activity(desk.school, desk.teacher, [])
    one = desk.photo(astronaut())
    here, desk.activity = desk.activity, elsewhere
    two = desk.photo(astronaut())
    desk.client.post(f"/opnamen/{one.id}/verwijderen")
    assert desk.client.get(f"/opnamen/{one.id}").status_code == 404
    assert desk.client.get(f"/opnamen/{one.id}/foto.jpg").status_code == 404
    assert desk.vault.get(two.original_key)
    desk.client.post(f"/opnamen/{two.id}/verwijderen")
    assert desk.client.get(f"/opnamen/{two.id}/klein.jpg").status_code == 404
    desk.an_hour_later()
    assert not (desk.config.storage / two.original_key).exists()
    assert not (desk.config.storage / (two.review_key or "")).exists()
    desk.activity = here
    assert desk.send_one("a.jpg", jpeg(astronaut())).get_json()["state"] == "uploaded"
    assert desk.make.latest(Item).removed_at is None


def test_of_a_photo_that_is_taken_away_while_the_machine_looks_nothing_is_left(desk: Desk) -> None:
    """R31: the copy for review was in the making; nothing is hidden in it."""

    class TakenAway:
        def run(self, function: Callable[..., Any], *args: Any) -> Any:
            found = desk.children.run(function, *args)
            desk.client.post(f"/opnamen/{item_id}/verwijderen")
            return found

    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    process_item(desk.database, desk.vault, TakenAway(), item_id, datetime.now(UTC))
    desk.an_hour_later()
    assert list(desk.vault.files()) == []


def test_a_removed_photo_takes_the_versions_that_were_made_of_it_along(desk: Desk) -> None:
    """R31: people can be recognised in those as well."""
    item = desk.photo(astronaut())
    desk.do(item, "aanbieden", channel=str(desk.website.id))
    desk.work()
    stored = desk.config.storage / desk.make.latest(Rendition).file_key
    assert stored.exists()
    desk.client.post(f"/opnamen/{item.id}/verwijderen")
    desk.an_hour_later()
    assert not stored.exists()
    assert desk.item(item.id or 0).erased_at is not None


def test_a_tile_shows_what_was_made_when_the_photo_was_looked_at(desk: Desk) -> None:
    """Two hundred tiles do not open two hundred photos again."""

    class Nobody:
        def run(self, function: Callable[..., Any], *args: Any) -> Any:
            raise AssertionError("a photo was opened for a tile")

    item = desk.photo(group_photo())
    desk.app.extensions["beeldpoort"]["children"] = Nobody()
    answer = desk.client.get(f"/opnamen/{item.id}/klein.jpg")
    with Image.open(io.BytesIO(answer.data)) as small:
        assert max(small.size) == 480
    stored = desk.config.storage / (item.small_key or "")
    assert stored.read_bytes() == answer.data
    desk.client.post(f"/opnamen/{item.id}/verwijderen")
    desk.an_hour_later()
    assert not stored.exists()


def test_the_tile_of_a_turned_photo_is_turned(desk: Desk) -> None:
    item = desk.photo(group_photo())
    desk.do(item, "draaien", quarters="1")
    answer = desk.client.get(f"/opnamen/{item.id}/klein.jpg")
    with Image.open(io.BytesIO(answer.data)) as small:
        assert small.size[0] < small.size[1]


def test_a_page_that_is_kept_up_to_date_gets_only_the_tiles_that_it_asks_for(desk: Desk) -> None:
    items = [desk.photo(image) for image in (astronaut(), group_photo(), nobody())]
    page = desk.page(tegels=f"{items[0].id},{items[2].id},x,999999")
    assert re.findall(r'id="tile-(\d+)"', page) == [str(items[0].id), str(items[2].id)]
    assert re.findall(r'id="tile-(\d+)"', desk.page(tegels="")) == []


def test_the_state_of_the_photos_says_who_asks_and_brings_a_token_that_works(desk: Desk) -> None:
    """A page that was asleep for longer than its token lives can go on."""
    desk.app.config["WTF_CSRF_ENABLED"] = True
    told = desk.client.get(f"/activiteiten/{desk.activity.id}/stand").get_json()
    assert told["account"] == desk.teacher.id
    attended = f"/activiteiten/{desk.activity.id}/aanwezig"
    assert desk.client.post(attended).status_code == 400
    assert desk.client.post(attended, headers={"X-CSRFToken": told["token"]}).status_code == 302


def test_a_photo_that_is_offered_nowhere_needs_no_second_job(desk: Desk) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    process_item(desk.database, desk.vault, desk.children, item_id, datetime.now(UTC))
    assert [name for name, _key, _ids in desk.jobs.waiting] == ["process_item"]
    item = desk.item(item_id)
    assert item.refreshed == item.edition > 0
    desk.work()
    desk.do(item, "aanbieden", channel=str(desk.website.id))
    assert [name for name, _key, _ids in desk.jobs.waiting] == ["refresh_item"]
