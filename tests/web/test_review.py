"""The review screen through the web: names, the second person, drawing, turning, doubt."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from consent.model import OnRefusal
from consent.tables import Channel, Role
from core.clock import now
from media.items import look_again
from media.picture import Box
from media.pipeline import process_item
from media.placing import from_view, to_view
from media.states import Identity
from media.tables import Appearance, Item, Publication
from tests.databases import sqlite_alone
from tests.web.teaching import Desk, group_photo, nobody

pytestmark = sqlite_alone


def yes(desk: Desk, number: int, channel: Channel | None = None) -> None:
    """A guardian's yes for that pupil, on the website unless another channel is said."""
    person = desk.people[number]
    desk.make.decided(person, desk.make.guardian(person), channel or desk.website)


def face_part(
    picture: bytes, face: Appearance
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The pixels inside a face's box, of a picture that is neither turned nor cropped."""
    with Image.open(io.BytesIO(picture)) as image:
        box = (face.left, face.top, face.right, face.bottom)
        sides = (image.width, image.height, image.width, image.height)
        part = image.crop(tuple(round(a * b) for a, b in zip(box, sides, strict=True)))  # type: ignore[arg-type]
        return np.asarray(part.resize((32, 32)).convert("L"), dtype=np.float32)


def preview(desk: Desk, item: Item, channel: Channel | None = None) -> bytes:
    answer = desk.client.get(f"/opnamen/{item.id}/voorbeeld/{(channel or desk.website).id}.jpg")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return bytes(answer.data)


def is_visible(desk: Desk, item: Item, face: Appearance, channel: Channel | None = None) -> bool:
    """Whether that face can be seen in the preview: its pixels are those of the photo."""
    photo = desk.client.get(f"/opnamen/{item.id}/foto.jpg").data
    difference = face_part(photo, face) - face_part(preview(desk, item, channel), face)
    return bool(
        np.abs(difference).mean() < 8
    )  # JPEG twice stays below 4; a filled head is above 20


@pytest.fixture
def photo(desk: Desk) -> Item:
    return desk.photo(group_photo())


def test_everybody_is_hidden_until_named_and_then_consent_decides(desk: Desk, photo: Item) -> None:
    """R14: unknown is hidden; R1, R5: a name alone shows nobody, a channel is not another."""
    yes(desk, 0)
    eileen = desk.faces(photo)[0]
    assert not is_visible(desk, photo, eileen)
    page = desk.do(photo, f"gezichten/{eileen.id}/naam", person=desk.people[0].id)
    assert "Noor van Test: consent for website, photo" in page
    assert "Noor van Test: no consent for besloten galerij, photo" in page
    assert is_visible(desk, photo, eileen)
    assert not is_visible(desk, photo, eileen, desk.closed)
    [entry] = desk.logged("appearance:named")
    assert entry == {"item": photo.id, "appearance": eileen.id, "person": desk.people[0].id}


def test_after_a_name_the_next_face_without_one_comes(desk: Desk, photo: Item) -> None:
    first, second = desk.asked(photo)[:2]
    answer = desk.client.post(
        f"/opnamen/{photo.id}/gezichten/{first.id}/naam", data={"person": desk.people[0].id}
    )
    assert answer.location == f"/opnamen/{photo.id}?gezicht={second.id}"


def test_somebody_of_another_school_cannot_be_named(desk: Desk, photo: Item) -> None:
    stranger = desk.make.person(desk.make.school())
    face = desk.faces(photo)[0]
    answer = desk.client.post(
        f"/opnamen/{photo.id}/gezichten/{face.id}/naam", data={"person": stranger.id}
    )
    assert answer.status_code == 404
    assert desk.faces(photo)[0].identity == "unknown"


def test_a_face_of_another_photo_cannot_be_named_through_this_one(desk: Desk, photo: Item) -> None:
    other = desk.photo(nobody(), "other.jpg")
    face = desk.faces(photo)[0]
    answer = desk.client.post(
        f"/opnamen/{other.id}/gezichten/{face.id}/naam", data={"person": desk.people[0].id}
    )
    assert answer.status_code == 404


def test_somebody_who_was_not_on_the_list_is_found_in_the_whole_school(
    desk: Desk, photo: Item
) -> None:
    desk.make.person(desk.school, given_name="Tess", family_name="Zes")
    face = desk.faces(photo)[0]
    assert "Tess Zes" not in desk.page(photo, gezicht=face.id)
    assert "Tess Zes" in desk.page(photo, gezicht=face.id, zoek="zes te")
    assert "Nobody of the school has a name like “100%”" in desk.page(
        photo, gezicht=face.id, zoek="100%"
    )


def test_proposals_are_confirmed_as_they_were_shown_and_no_other(desk: Desk, photo: Item) -> None:
    """The machine proposes, a person confirms what was on the screen."""
    yes(desk, 0)
    first, second = desk.faces(photo)[:2]
    with desk.database.write() as session:
        for face, person in ((first, desk.people[0]), (second, desk.people[1])):
            row = session.get_one(Appearance, face.id)
            row.identity, row.person_id = Identity.PROPOSED.value, person.id
    assert "All 2 proposals are right" in desk.page(photo)
    assert not is_visible(desk, photo, first)  # proposed counts as unknown
    changed = f"{second.id}:{desk.people[2].id}"  # what the page showed is no longer proposed
    desk.do(photo, "bevestigen", shown=[f"{first.id}:{desk.people[0].id}", changed])
    assert [face.identity for face in desk.faces(photo)[:2]] == ["confirmed", "proposed"]
    assert is_visible(desk, photo, first)


@pytest.mark.parametrize("identity", ["bystander", "not_a_face"])
def test_what_one_person_set_aside_stays_hidden_until_a_second_agrees(
    desk: Desk, photo: Item, identity: str
) -> None:
    """R14."""
    face = desk.faces(photo)[0]
    desk.do(photo, f"gezichten/{face.id}/apart", identity=identity)
    assert not is_visible(desk, photo, face)
    assert "a colleague has to agree" in desk.page(photo, gezicht=face.id)
    page = desk.do(photo, f"gezichten/{face.id}/eens", identity=identity)
    assert "You set this face aside yourself; somebody else has to agree." in page
    assert not is_visible(desk, photo, face)
    colleague = desk.as_(Role.TEACHER)
    desk.do(photo, f"gezichten/{face.id}/eens", colleague, identity=identity)
    assert is_visible(desk, photo, face)
    assert desk.logged("appearance:agreed") == [{"item": photo.id, "appearance": face.id}]


def test_a_second_person_agrees_only_to_what_they_were_shown(desk: Desk, photo: Item) -> None:
    face = desk.faces(photo)[0]
    desk.do(photo, f"gezichten/{face.id}/apart", identity="not_a_face")
    desk.do(photo, f"gezichten/{face.id}/apart", identity="bystander")
    page = desk.do(
        photo, f"gezichten/{face.id}/eens", desk.as_(Role.TEACHER), identity="not_a_face"
    )
    assert "Somebody has changed this face meanwhile" in page
    assert desk.faces(photo)[0].agreed_by is None


def test_undo_hides_a_face_again(desk: Desk, photo: Item) -> None:
    yes(desk, 0)
    face = desk.faces(photo)[0]
    desk.do(photo, f"gezichten/{face.id}/naam", person=desk.people[0].id)
    assert is_visible(desk, photo, face)
    desk.do(photo, f"gezichten/{face.id}/ongedaan")
    assert not is_visible(desk, photo, face)
    assert desk.faces(photo)[0].named_by is None


def test_a_missed_face_is_added_by_numbers_alone_and_hidden(desk: Desk) -> None:
    """Without dragging: four percentages of the picture as it is shown."""
    item = desk.photo(nobody())
    page = desk.do(item, "gezichten", left="10", top="20,5", width="30", height="40")
    [face] = desk.faces(item)
    assert (face.left, face.top) == pytest.approx((0.1, 0.205))
    assert (face.right, face.bottom) == pytest.approx((0.4, 0.605))
    assert (face.source, face.identity) == ("hand", "unknown")
    assert "No name yet: hidden" in page
    assert not is_visible(desk, item, face)
    assert desk.logged("appearance:drawn") == [{"item": item.id, "appearance": face.id}]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"left": "10", "top": "x", "width": "5", "height": "5"}, "“x” is not a number"),
        ({"left": "10", "top": "10", "width": "0.1", "height": "5"}, "This rectangle is too small"),
        ({"left": "120", "top": "10", "width": "5", "height": "5"}, "This rectangle is too small"),
        ({"left": "nan", "top": "10", "width": "5", "height": "5"}, "no place in the picture"),
        ({"left": "10"}, "“” is not a number"),
    ],
)
def test_a_place_that_cannot_be_used_says_why_on_the_same_photo(
    desk: Desk, photo: Item, fields: dict[str, str], words: str
) -> None:
    before = len(desk.faces(photo))
    assert words in desk.do(photo, "gezichten", None, **fields)
    assert len(desk.faces(photo)) == before


def test_only_what_was_drawn_can_be_taken_away(desk: Desk, photo: Item) -> None:
    found = desk.faces(photo)[0]
    assert "The computer found this face, so it stays" in desk.do(
        photo, f"gezichten/{found.id}/weg"
    )
    desk.do(photo, "gezichten", left="1", top="1", width="10", height="10")
    drawn = next(face for face in desk.faces(photo) if face.source == "hand")
    desk.do(photo, f"gezichten/{drawn.id}/weg")
    assert drawn.id not in {face.id for face in desk.faces(photo)}


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_place_in_the_turned_and_cropped_picture_is_the_same_place_in_the_original(
    quarters: int,
) -> None:
    box, crop = Box(0.2, 0.1, 0.4, 0.25), Box(0.05, 0.1, 0.9, 0.8)
    there = to_view(box, quarters, crop)
    back = from_view(there, quarters, crop)
    sides = (back.left, back.top, back.right, back.bottom)
    assert sides == pytest.approx((0.2, 0.1, 0.4, 0.25))


def test_turning_turns_photo_boxes_and_previews_together(desk: Desk, photo: Item) -> None:
    desk.do(photo, "draaien", quarters="1")
    turned = desk.item(photo.id or 0)
    assert (turned.turn, turned.geometry) == (1, 1)
    for address in ("foto.jpg", f"voorbeeld/{desk.website.id}.jpg"):
        data = desk.client.get(f"/opnamen/{photo.id}/{address}").data
        with Image.open(io.BytesIO(data)) as image:
            assert image.height > image.width
    desk.do(photo, "draaien", quarters="3")
    assert desk.item(photo.id or 0).turn == 0
    assert desk.logged("item:turned") == [
        {"item": photo.id, "turn": 1},
        {"item": photo.id, "turn": 0},
    ]


def test_a_face_drawn_in_a_turned_picture_is_where_it_was_drawn(desk: Desk) -> None:
    item = desk.photo(nobody())
    desk.do(item, "draaien", quarters="1")
    desk.do(item, "gezichten", left="0", top="0", width="20", height="20")
    [face] = desk.faces(item)
    # The top left of a picture turned clockwise is the bottom left of the original.
    assert (face.left, face.bottom) == pytest.approx((0.0, 1.0))


def test_cropping_keeps_a_part_and_can_be_taken_back(desk: Desk, photo: Item) -> None:
    desk.do(photo, "bijsnijden", left="0", top="0", width="50", height="100")
    data = desk.client.get(f"/opnamen/{photo.id}/foto.jpg").data
    with Image.open(io.BytesIO(data)) as image:
        assert image.height > image.width
    assert "Outside the crop" in desk.page(photo)
    desk.do(photo, "bijsnijden", whole="1")
    assert desk.item(photo.id or 0).crop_left is None
    assert len(desk.logged("item:cropped")) == 2


def test_what_people_did_survives_a_second_look_of_the_machine(desk: Desk, photo: Item) -> None:
    first, second = desk.faces(photo)[:2]
    desk.do(photo, f"gezichten/{first.id}/naam", person=desk.people[0].id)
    desk.do(photo, f"gezichten/{second.id}/apart", identity="bystander")
    desk.do(photo, "gezichten", left="1", top="80", width="10", height="15")
    before = [(face.id, face.identity, face.person_id, face.left) for face in desk.faces(photo)]
    with desk.database.write() as session:
        look_again(session, session.get_one(Item, photo.id))
    process_item(desk.database, desk.vault, desk.children, photo.id or 0, now())
    after = [(face.id, face.identity, face.person_id, face.left) for face in desk.faces(photo)]
    assert desk.item(photo.id or 0).state == "ready"
    assert after == before


def test_a_channel_that_blocks_says_so_and_gives_no_picture(desk: Desk) -> None:
    """R15: block instead of hide."""
    strict = desk.make.channel(desk.school, "instagram", on_refusal=OnRefusal.BLOCK)
    item = desk.photo(group_photo())
    assert "Blocked" in desk.page(item)
    answer = desk.client.get(f"/opnamen/{item.id}/voorbeeld/{strict.id}.jpg")
    assert answer.status_code == 409


def test_a_doubt_blocks_the_photo_until_the_supervisor_decides(desk: Desk, photo: Item) -> None:
    """R20: in doubt, don't."""
    page = desk.do(photo, "twijfel", note="Is this too private?")
    assert "blocked until the supervisor has decided" in page
    assert (
        desk.client.get(f"/opnamen/{photo.id}/voorbeeld/{desk.website.id}.jpg").status_code == 409
    )
    assert "with the supervisor" in desk.do(photo, "aanbieden", channel=desk.website.id)
    # A teacher cannot settle it.
    assert desk.client.get("/opnamen/twijfel").status_code == 403
    refused = desk.client.post(f"/opnamen/{photo.id}/beslissing", data={"allowed": "yes"})
    assert refused.status_code == 403
    supervisor = desk.as_(Role.SUPERVISOR)
    assert "Is this too private?" in supervisor.get("/opnamen/twijfel").get_data(as_text=True)
    desk.do(photo, "beslissing", supervisor, allowed="yes")
    assert (
        desk.client.get(f"/opnamen/{photo.id}/voorbeeld/{desk.website.id}.jpg").status_code == 200
    )
    # The note is in a table that can be erased, never in the log (R29).
    assert desk.logged("item:doubted") == [{"item": photo.id}]
    assert desk.logged("item:doubt_settled") == [{"item": photo.id, "allowed": True}]


def test_a_doubt_that_the_supervisor_shares_stays_blocked_until_they_decide_otherwise(
    desk: Desk, photo: Item
) -> None:
    desk.do(photo, "twijfel")
    supervisor = desk.as_(Role.SUPERVISOR)
    desk.do(photo, "beslissing", supervisor, allowed="no")
    assert (
        desk.client.get(f"/opnamen/{photo.id}/voorbeeld/{desk.website.id}.jpg").status_code == 409
    )
    assert "It may be used after all" in supervisor.get("/opnamen/twijfel").get_data(as_text=True)
    desk.do(photo, "beslissing", supervisor, allowed="yes")
    address = f"/opnamen/{photo.id}/voorbeeld/{desk.website.id}.jpg"
    assert desk.client.get(address).status_code == 200


def test_who_publishes_can_doubt_as_well_and_goes_back_to_where_they_were(
    desk: Desk, photo: Item
) -> None:
    publisher = desk.as_(Role.COMMUNICATIONS)
    answer = publisher.post(f"/opnamen/{photo.id}/twijfel", data={"next": "/kanalen/"})
    assert answer.location == "/kanalen/"
    assert desk.item(photo.id or 0).doubted_at is not None
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org"):
        answer = publisher.post(f"/opnamen/{photo.id}/twijfel", data={"next": elsewhere})
        assert answer.location == "/"


def test_a_photo_is_offered_to_the_chosen_channels_only(desk: Desk, photo: Item) -> None:
    assert "Choose at least one channel." in desk.do(photo, "aanbieden")
    page = desk.do(photo, "aanbieden", channel=desk.website.id)
    assert "The photo has been offered" in page
    publication = desk.make.latest(Publication)
    assert (publication.channel_id, publication.state) == (desk.website.id, "proposed")
    other = desk.make.channel(desk.make.school(), "website")
    answer = desk.client.post(f"/opnamen/{photo.id}/aanbieden", data={"channel": other.id})
    assert answer.status_code == 404


def test_the_way_through_an_activity_leads_to_the_next_face_without_a_name(desk: Desk) -> None:
    first, second = desk.photo(group_photo(), "1.jpg"), desk.photo(nobody(), "2.jpg")
    answer = desk.client.get(f"/opnamen/activiteit/{desk.activity.id}")
    assert answer.location == f"/opnamen/{first.id}"
    page = desk.page(first)
    assert "Photo 1 of 2" in page
    assert f'rel="next" href="/opnamen/{second.id}"' in page
    assert f'href="/opnamen/{first.id}"' in desk.page(second)  # there somebody has no name yet


def test_a_picture_is_kept_by_the_browser_only_if_it_asks_each_time(
    desk: Desk, photo: Item
) -> None:
    first = desk.client.get(f"/opnamen/{photo.id}/foto.jpg")
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": first.headers["ETag"]}
    assert desk.client.get(f"/opnamen/{photo.id}/foto.jpg", headers=tag).status_code == 304
    assert (
        desk.as_(Role.GUARDIAN).get(f"/opnamen/{photo.id}/foto.jpg", headers=tag).status_code == 403
    )
