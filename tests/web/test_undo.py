"""What can be undone, by the button in the message about it."""

from __future__ import annotations

from bs4 import BeautifulSoup
from sqlmodel import col, select

from consent.tables import Account, AccountRole, Attendance, Group, Role
from media.tables import Publication
from tests.databases import sqlite_alone
from tests.make import sign_in
from tests.web.teaching import Desk, astronaut, jpeg

pytestmark = sqlite_alone

GOOD = jpeg(astronaut())


def undoing(page: str, address: str) -> dict[str, list[str]]:
    """The fields of the form in the message that leads to `address`."""
    form = BeautifulSoup(page, "html.parser").select_one(f'#flashes form[action="{address}"]')
    assert form is not None, f"no way back to {address}"
    fields: dict[str, list[str]] = {}
    for one in form.select("input[type=hidden]"):
        fields.setdefault(str(one["name"]), []).append(str(one["value"]))
    return fields


def test_a_photo_that_was_removed_by_mistake_is_put_back_with_its_names(desk: Desk) -> None:
    """The message offers it; what was out stays taken back until it is approved anew (R13)."""
    item = desk.photo(astronaut())
    (face, *_rest) = desk.faces(item)
    desk.do(item, f"gezichten/{face.id}/naam", person=str(desk.people[0].id))
    desk.do(item, "aanbieden", channel=str(desk.website.id))
    desk.work()
    page = desk.client.post(f"/opnamen/{item.id}/verwijderen", follow_redirects=True).text
    assert f'action="/opnamen/{item.id}/terugzetten"' in page
    page = desk.client.post(f"/opnamen/{item.id}/terugzetten", follow_redirects=True).text
    assert "It has to be offered anew." in page
    assert desk.faces(item)[0].person_id == desk.people[0].id
    assert desk.client.get(f"/opnamen/{item.id}/foto.jpg").status_code == 200
    assert desk.make.latest(Publication).state == "retracted"
    desk.an_hour_later()
    assert desk.vault.get(item.original_key)
    assert [desk.logged(f"item:{what}") for what in ("removed", "put_back")] == [
        [{"item": item.id}],
        [{"item": item.id}],
    ]


def test_a_photo_whose_files_are_erased_is_not_put_back(desk: Desk) -> None:
    item = desk.photo(astronaut())
    desk.client.post(f"/opnamen/{item.id}/verwijderen")
    desk.an_hour_later()
    assert desk.client.post(f"/opnamen/{item.id}/terugzetten").status_code == 404
    assert desk.item(item.id or 0).removed_at is not None


def test_a_photo_that_was_added_again_meanwhile_is_not_put_back_beside_it(desk: Desk) -> None:
    item = desk.photo(astronaut())
    desk.client.post(f"/opnamen/{item.id}/verwijderen")
    desk.send_one("again.jpg", jpeg(astronaut()))
    page = desk.client.post(f"/opnamen/{item.id}/terugzetten", follow_redirects=True).text
    assert "so it is there already" in page
    assert desk.item(item.id or 0).removed_at is not None


def test_a_photo_that_was_not_looked_at_yet_is_looked_at_when_it_is_back(desk: Desk) -> None:
    item_id = desk.send_one("a.jpg", GOOD).get_json()["id"]
    desk.client.post(f"/opnamen/{item_id}/verwijderen")
    desk.work()
    desk.client.post(f"/opnamen/{item_id}/terugzetten")
    desk.work()
    assert desk.item(item_id).state == "ready"


def test_nobody_of_another_school_puts_a_photo_back(desk: Desk) -> None:
    """R32"""
    item = desk.photo(astronaut())
    desk.client.post(f"/opnamen/{item.id}/verwijderen")
    other = desk.as_(Role.TEACHER, school=desk.make.school())
    assert other.post(f"/opnamen/{item.id}/terugzetten").status_code == 404


def test_a_change_of_the_attendance_list_can_be_undone(desk: Desk) -> None:
    """And what a colleague changed in between stays."""
    noor, daan, sanne, youssef = (person.id for person in desk.people)
    address = f"/activiteiten/{desk.activity.id}/aanwezig"
    page = desk.client.post(address, data={"person": [noor, daan]}, follow_redirects=True).text
    back = undoing(page, f"{address}/terug")
    desk.client.post(address, data={"person": [daan]})
    desk.client.post(f"{address}/terug", data=back)
    with desk.database.read() as session:
        there = session.exec(
            select(Attendance.person_id).where(Attendance.activity_id == desk.activity.id)
        ).all()
    assert set(there) == {daan, sanne, youssef}


def test_a_colleagues_account_that_was_closed_by_mistake_is_opened_again(desk: Desk) -> None:
    """With the roles that it had; whoever was signed in signs in again."""
    boss = desk.make.account(desk.school, Role.ADMINISTRATOR, language="en")
    staff = desk.make.person(desk.school, kind="staff", born=None, given_name="Bart")
    bart = desk.make.account(desk.school, Role.TEACHER, Role.SUPERVISOR, person_id=staff.id)
    client, device = desk.app.test_client(), desk.app.test_client()
    sign_in(client, boss)
    sign_in(device, bart)
    address = f"/beheer/medewerkers/{bart.id}"
    page = client.post(f"{address}/sluiten", follow_redirects=True).text
    client.post(f"{address}/heropenen", data=undoing(page, f"{address}/heropenen"))
    with desk.database.read() as session:
        roles = session.exec(
            select(AccountRole.role).where(AccountRole.account_id == bart.id)
        ).all()
        assert session.get_one(Account, bart.id).closed_at is None
    assert set(roles) == {"teacher", "supervisor"}
    assert device.get("/activiteiten/").status_code == 302


def test_only_an_account_of_staff_of_the_school_can_be_opened_again(desk: Desk) -> None:
    """R32: and nobody becomes a colleague by a number that was typed."""
    elsewhere = desk.make.school()
    stranger = desk.make.person(elsewhere, kind="staff", born=None)
    theirs = desk.make.account(elsewhere, person_id=stranger.id)
    parent = desk.make.guardian(desk.people[0])
    boss = desk.as_(Role.ADMINISTRATOR)
    for account in (theirs, parent):
        address = f"/beheer/medewerkers/{account.id}/heropenen"
        assert boss.post(address, data={"roles": "teacher"}).status_code == 404


def test_a_group_that_was_removed_by_mistake_is_made_again(desk: Desk) -> None:
    group = desk.make.group(desk.school, "groep 9")
    boss = desk.as_(Role.ADMINISTRATOR)
    page = boss.post(f"/beheer/groepen/{group.id}/verwijderen", follow_redirects=True).text
    boss.post("/beheer/groepen", data=undoing(page, "/beheer/groepen"))
    with desk.database.read() as session:
        names = session.exec(select(Group.name).order_by(col(Group.name))).all()
    assert names == ["groep 5", "groep 9"]
