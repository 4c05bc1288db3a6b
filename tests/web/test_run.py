"""The run through the web: one answer for several faces, batches, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image
from sqlmodel import Session, col, select
from werkzeug.test import TestResponse

from consent.tables import Attendance, Role
from media import run
from media.activities import counts
from media.items import remove
from media.picture import Box, Examined, Found
from media.pipeline import process_item
from media.tables import Appearance, Item
from tests.databases import sqlite_alone
from tests.make import sign_in
from tests.web import crowd
from tests.web.counting import statements
from tests.web.crowd import Crowd, moved
from tests.web.teaching import JSON, Desk, group_photo, jpeg, nobody

pytestmark = sqlite_alone


@pytest.fixture
def made(desk: Desk) -> Crowd:
    """Noor and Daan twice in one moment, then Sanne alone."""
    found = Crowd()
    noor_daan = crowd.heads(crowd.ids(desk.people[:2]))
    sanne = crowd.heads(crowd.ids(desk.people[2:3]))
    add(desk, found, noor_daan, scene=1, taken=0.0)
    add(desk, found, [moved(head, 0.004) for head in noor_daan], scene=1, taken=1.5)
    add(desk, found, sanne, scene=2, taken=60.0)
    return found


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    with desk.database.read() as session:
        yield session


def add(desk: Desk, found: Crowd, heads: Any, **how: Any) -> int:
    return crowd.photo(desk.database, desk.vault, desk.activity, found, heads, **how)


def base(desk: Desk) -> str:
    return f"/opnamen/activiteit/{desk.activity.id}/namen"


def questions(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.client.get(f"{base(desk)}/vragen").get_json()["questions"]
    return found


def say(
    desk: Desk,
    faces: list[int] | list[str],
    answer: str,
    client: FlaskClient | None = None,
    mark: str = "unknown",
) -> TestResponse:
    """As the script does; a face without a mark is one that nobody said anything of."""
    shown = [face if isinstance(face, str) else f"{face}:{mark}" for face in faces]
    return (client or desk.client).post(
        base(desk), data={"face": shown, "answer": answer}, headers=JSON
    )


def said(desk: Desk, *faces: int) -> list[str]:
    """What stands of each face now."""
    with desk.database.read() as session:
        rows = [session.get_one(Appearance, face) for face in faces]
    return ["left" if row.unasked else row.identity for row in rows]


# --- what is asked --------------------------------------------------------------------------------


def test_faces_in_the_same_place_of_one_moment_are_one_question(desk: Desk, made: Crowd) -> None:
    first, second, third = made.faces
    asked = [[face["id"] for face in one["faces"]] for one in questions(desk)]
    assert asked == [[first[0], second[0]], [first[1], second[1]], third]


def test_without_moments_every_face_is_asked_about_on_its_own(desk: Desk, made: Crowd) -> None:
    with desk.database.write() as session:
        for item in session.exec(select(Item)):
            item.taken_at = None
    assert len(questions(desk)) == 5


def test_whoever_was_named_in_the_same_place_is_a_hint_and_no_name(desk: Desk, made: Crowd) -> None:
    noor = desk.people[0].id
    assert say(desk, made.faces[0][:1], f"person:{noor}").status_code == 200
    [hinted] = [one for one in questions(desk) if one["hint"]]
    assert (hinted["id"], hinted["hint"]) == (made.faces[1][0], noor)
    assert said(desk, made.faces[1][0]) == ["unknown"]
    page = desk.client.get(f"{base(desk)}?vraag={made.faces[1][0]}").get_data(as_text=True)
    assert "Probably Noor van Test: in this place in a photo of the same moment" in page


def test_two_names_in_one_chain_make_it_no_chain(desk: Desk, made: Crowd) -> None:
    """What cannot be one person is asked about one by one, and nobody is hinted at."""
    third = add(desk, made, crowd.heads(crowd.ids(desk.people[:2])), scene=1, taken=3.0)
    assert third
    say(desk, made.faces[0][:1], f"person:{desk.people[0].id}")
    say(desk, made.faces[1][:1], f"person:{desk.people[3].id}")
    [rest] = [one for one in questions(desk) if one["id"] == made.faces[3][0]]
    assert rest["hint"] is None


def test_the_questions_of_many_photos_cost_as_many_queries_as_those_of_a_few(
    desk: Desk, made: Crowd, session: Session
) -> None:
    assert desk.activity.id is not None
    with statements(desk.database) as few:
        run.gather(session, desk.activity.id)
    for number in range(6):
        add(desk, made, crowd.heads(crowd.ids(desk.people)), scene=number, taken=200.0 * number)
    session.rollback()
    with statements(desk.database) as many:
        assert len(run.gather(session, desk.activity.id).questions) > 20
    assert len(many) == len(few)


# --- answers --------------------------------------------------------------------------------------


def test_one_answer_names_all_faces_that_were_shown_each_with_its_log_entry(
    desk: Desk, made: Crowd
) -> None:
    pair = [faces[0] for faces in made.faces[:2]]
    assert say(desk, pair, f"person:{desk.people[0].id}").get_json() == {"saved": True}
    with desk.database.read() as session:
        rows = [session.get_one(Appearance, face) for face in pair]
    assert {row.person_id for row in rows} == {desk.people[0].id}
    assert {row.named_by for row in rows} == {desk.teacher.id}
    entries = desk.logged("appearance:named")
    assert [(entry["item"], entry["appearance"]) for entry in entries] == [
        (made.items[0], pair[0]),
        (made.items[1], pair[1]),
    ]


@pytest.mark.parametrize(
    ("answer", "identity"),
    [("bystander", "bystander"), ("not_a_face", "not_a_face"), ("left", "left")],
)
def test_what_has_no_name_is_hidden_and_no_longer_asked(
    desk: Desk, made: Crowd, answer: str, identity: str
) -> None:
    """R14."""
    face = made.faces[2][0]
    assert say(desk, [face], answer).status_code == 200
    assert said(desk, face) == [identity]
    assert face not in [one["id"] for one in questions(desk)]
    with desk.database.read() as session:
        found = counts(session, [desk.activity.id or 0])[desk.activity.id or 0]
    assert found.unnamed == 4


def test_if_one_of_the_faces_has_changed_meanwhile_nothing_is_saved_and_the_rest_is_asked_again(
    desk: Desk, made: Crowd
) -> None:
    pair = [faces[0] for faces in made.faces[:2]]
    colleague = desk.as_(Role.TEACHER)
    say(desk, pair[1:], f"person:{desk.people[3].id}", colleague)
    answer = say(desk, pair, f"person:{desk.people[0].id}")
    assert answer.status_code == 409
    told = answer.get_json()
    assert told["error"] == "Somebody has named this face meanwhile: Youssef van Test."
    assert [[face["id"] for face in one["faces"]] for one in told["questions"]] == [[pair[0]]]
    assert said(desk, *pair) == ["unknown", "confirmed"]
    assert len(desk.logged("appearance:named")) == 1


def test_who_is_off_the_attendance_list_meanwhile_is_not_named(desk: Desk, made: Crowd) -> None:
    person = desk.people[0]
    with desk.database.write() as session:
        session.delete(session.get_one(Attendance, (desk.activity.id, person.id)))
    answer = say(desk, made.faces[0][:1], f"person:{person.id}")
    assert answer.status_code == 409
    assert answer.get_json()["error"] == "Noor van Test is not on the attendance list any more."
    # Looked up in the whole school it is meant so.
    assert say(desk, made.faces[0][:1], f"elsewhere:{person.id}").status_code == 200


def test_nobody_is_named_twice_in_one_photo_without_saying_so_once_more(
    desk: Desk, made: Crowd
) -> None:
    noor = desk.people[0].id
    say(desk, made.faces[0][:1], f"person:{noor}")
    answer = say(desk, made.faces[0][1:], f"person:{noor}")
    assert (answer.status_code, answer.get_json()["twice"]) == (409, True)
    assert said(desk, made.faces[0][1]) == ["unknown"]
    assert say(desk, made.faces[0][1:], f"twice:{noor}").status_code == 200


def test_two_faces_of_one_photo_cannot_be_one_person_in_one_answer(desk: Desk, made: Crowd) -> None:
    answer = say(desk, made.faces[0], f"person:{desk.people[0].id}")
    assert (answer.status_code, answer.get_json()["twice"]) == (409, True)
    assert said(desk, *made.faces[0]) == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("person:999999", 404),
        ("person:", 404),
        ("person:x", 404),
        ("somebody", 400),
        ("", 400),
    ],
)
def test_an_answer_that_no_button_gives_changes_nothing(
    desk: Desk, made: Crowd, answer: str, status: int
) -> None:
    assert say(desk, made.faces[2], answer).status_code == status
    assert said(desk, *made.faces[2]) == ["unknown"]


def test_faces_of_another_activity_or_school_and_people_of_another_school_are_not_there(
    desk: Desk, made: Crowd
) -> None:
    """R32."""
    other = desk.make.activity(desk.school, desk.teacher, desk.people)
    elsewhere = Crowd()
    heads = crowd.heads(crowd.ids(desk.people[:1]))
    crowd.photo(desk.database, desk.vault, other, elsewhere, heads, scene=9)
    assert say(desk, elsewhere.faces[0], f"person:{desk.people[0].id}").status_code == 404
    stranger = desk.make.person(desk.make.school())
    assert say(desk, made.faces[0][:1], f"elsewhere:{stranger.id}").status_code == 404
    assert say(desk, [], f"person:{desk.people[0].id}").status_code == 400
    foreign = desk.as_(Role.TEACHER, school=desk.make.school())
    for path in ("", "/vragen", "/zoeken", "/voorstellen", "/verborgen"):
        assert foreign.get(base(desk) + path).status_code == 404
    assert say(desk, made.faces[2], "left", foreign).status_code == 404
    assert said(desk, *made.faces[0], *made.faces[2]) == ["unknown"] * 3
    communications = desk.as_(Role.COMMUNICATIONS)
    assert communications.get(base(desk)).status_code == 403
    assert say(desk, made.faces[2], "left", communications).status_code == 403


def test_the_picture_of_a_face_is_for_who_reviews_its_school(desk: Desk, made: Crowd) -> None:
    address = f"/opnamen/{made.items[0]}/gezichten/{made.faces[0][0]}/gezicht.jpg"
    answer = desk.client.get(address)
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert desk.client.get(address, headers=tag).status_code == 304
    assert desk.as_(Role.COMMUNICATIONS).get(address).status_code == 403
    assert desk.as_(Role.TEACHER, school=desk.make.school()).get(address).status_code == 404
    other = f"/opnamen/{made.items[1]}/gezichten/{made.faces[0][0]}/gezicht.jpg"
    assert desk.client.get(other).status_code == 404


# --- undoing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        ("person:{}", "confirmed:{}"),
        ("bystander", "bystander"),
        ("not_a_face", "not_a_face"),
        ("left", "left"),
    ],
)
def test_every_answer_can_be_undone_by_who_gave_it(
    desk: Desk, made: Crowd, answer: str, mark: str
) -> None:
    pair = [faces[0] for faces in made.faces[:2]]
    noor = desk.people[0].id
    say(desk, pair, answer.format(noor))
    before = len(questions(desk))
    assert say(desk, pair, "undo", mark=mark.format(noor)).status_code == 200
    assert said(desk, *pair) == ["unknown", "unknown"]
    assert len(questions(desk)) == before + 1


def test_what_a_colleague_said_meanwhile_is_not_undone(desk: Desk, made: Crowd) -> None:
    face, noor = made.faces[2][0], desk.people[0].id
    say(desk, [face], f"person:{noor}")
    colleague = desk.as_(Role.TEACHER)
    assert say(desk, [face], "undo", colleague, f"confirmed:{noor}").status_code == 409
    say(desk, [f"{face}:confirmed:{noor}"], f"person:{desk.people[1].id}", colleague)
    answer = say(desk, [face], "undo", mark=f"confirmed:{noor}")
    assert answer.status_code == 409
    assert "Daan van Test" in answer.get_json()["error"]
    assert said(desk, face) == ["confirmed"]


# --- proposals ------------------------------------------------------------------------------------


def proposed(desk: Desk, made: Crowd) -> None:
    crowd.propose(desk.database, {face: made.truth[face] for face in made.truth})


def test_proposals_come_first_and_only_those_on_the_page_are_confirmed(
    desk: Desk, made: Crowd
) -> None:
    """R12: the machine proposes, a person confirms what was shown."""
    proposed(desk, made)
    answer = desk.client.get(base(desk))
    assert answer.location == f"{base(desk)}/voorstellen"
    page = BeautifulSoup(desk.client.get(answer.location).data, "html.parser")
    assert [legend.text for legend in page.find_all("legend")] == [
        "Daan van Test",
        "Noor van Test",
        "Sanne van Test",
    ]
    right, wrong, unseen = made.faces[0][0], made.faces[0][1], made.faces[2][0]
    noor, daan = desk.people[0].id, desk.people[1].id
    changed = f"{made.faces[1][0]}:{daan}"  # the page would have shown another name
    desk.client.post(
        f"{base(desk)}/voorstellen",
        data={
            "page": [f"{right}:{noor}", f"{wrong}:{daan}", changed],
            "right": [f"{right}:{noor}", changed],
        },
    )
    assert said(desk, right, wrong, unseen, made.faces[1][0]) == [
        "confirmed",
        "unknown",
        "proposed",
        "proposed",
    ]
    [entry] = desk.logged("appearance:named")
    assert (entry["appearance"], entry["person"]) == (right, noor)
    # What was taken out is a question now.
    assert [one["id"] for one in questions(desk)] == [wrong]


def test_a_proposal_of_somebody_who_is_in_the_photo_already_becomes_a_question(
    desk: Desk, made: Crowd
) -> None:
    noor, (first, second) = desk.people[0].id, made.faces[0]
    say(desk, [first], f"person:{noor}")
    crowd.propose(desk.database, {second: noor or 0})
    pair = f"{second}:{noor}"
    desk.client.post(f"{base(desk)}/voorstellen", data={"page": pair, "right": pair})
    assert said(desk, second) == ["unknown"]


def test_a_page_of_proposals_can_be_undone(desk: Desk, made: Crowd) -> None:
    proposed(desk, made)
    pairs = [f"{face}:{person}" for face, person in made.truth.items()]
    answer = desk.client.post(f"{base(desk)}/voorstellen", data={"page": pairs, "right": pairs})
    page = desk.client.get(answer.location, follow_redirects=True).get_data(as_text=True)
    assert "Saved. Faces: 5" in page
    done = answer.location.partition("gedaan=")[2]
    desk.client.post(f"{base(desk)}/voorstellen/ongedaan", data={"done": done})
    assert set(said(desk, *made.truth)) == {"unknown"}


def test_a_colleague_takes_back_nothing_of_it(desk: Desk, made: Crowd) -> None:
    proposed(desk, made)
    pairs = [f"{face}:{person}" for face, person in made.truth.items()]
    desk.client.post(f"{base(desk)}/voorstellen", data={"page": pairs, "right": pairs})
    done = ".".join(map(str, made.truth))
    desk.as_(Role.TEACHER).post(f"{base(desk)}/voorstellen/ongedaan", data={"done": done})
    assert set(said(desk, *made.truth)) == {"confirmed"}


# --- who stays hidden -----------------------------------------------------------------------------


def test_who_is_left_hidden_is_no_work_and_can_be_asked_about_after_all(
    desk: Desk, made: Crowd
) -> None:
    face = made.faces[2][0]
    say(desk, [face], "left")
    [entry] = desk.logged("appearance:left")
    assert entry == {"item": made.items[2], "appearance": face}
    page = desk.client.get(f"{base(desk)}/verborgen").get_data(as_text=True)
    assert f'value="{face}"' in page
    answer = desk.client.post(f"{base(desk)}/verborgen", data={"face": face})
    assert answer.location == f"{base(desk)}?vraag={face}&vragen=1"
    assert face in [one["id"] for one in questions(desk)]


def test_a_photo_that_is_removed_takes_its_moment_and_hash_with_it(desk: Desk, made: Crowd) -> None:
    """R19."""
    with desk.database.write() as session:
        remove(session, made.items[0], desk.teacher.id or 0, crowd.START)
    item = desk.item(made.items[0])
    assert (item.taken_at, item.likeness) == (None, None)
    with desk.database.read() as session:
        kept = session.exec(select(Item).where(col(Item.removed_at).is_(None))).all()
    assert all(one.taken_at and one.likeness for one in kept)


# --- without a script -----------------------------------------------------------------------------


def form_of(page: str) -> tuple[list[str], dict[str, str]]:
    """The faces that the plain form sends, and its answers by their label."""
    soup = BeautifulSoup(page, "html.parser")
    form = soup.find(id="run-form")
    assert form is not None
    faces = [str(field["value"]) for field in form.find_all("input", attrs={"name": "face"})]
    for unseen in soup.select("button [hidden], kbd"):
        unseen.decompose()
    buttons = soup.find_all("button", attrs={"name": "answer"})
    return faces, {" ".join(one.text.split()): str(one["value"]) for one in buttons}


def test_the_plain_forms_ask_one_question_after_the_other_and_undo(desk: Desk, made: Crowd) -> None:
    def post(faces: list[str], answer: str) -> str:
        reply = desk.client.post(
            base(desk), data={"face": faces, "answer": answer}, follow_redirects=True
        )
        assert reply.status_code == 200
        return reply.get_data(as_text=True)

    faces, buttons = form_of(desk.client.get(base(desk)).get_data(as_text=True))
    assert faces == [f"{made.faces[0][0]}:unknown", f"{made.faces[1][0]}:unknown"]
    page = post(faces[:1], buttons["Noor van Test"])  # the other one was unticked
    assert "Saved. Faces: 1" in page
    faces, buttons = form_of(page)
    assert faces[0].startswith(f"{made.faces[0][1]}:")
    assert "Noor van Test (already in this photo)" in buttons
    page = post(faces, buttons["Noor van Test (already in this photo)"])
    assert "has been named in this photo already" in page
    faces, buttons = form_of(page)
    assert "Yes, Noor van Test is in this photo twice" in buttons
    page = post(faces, "person:" + str(desk.people[1].id))
    undo = BeautifulSoup(page, "html.parser").find(id="run-undo")
    assert undo is not None
    taken = [str(field["value"]) for field in undo.find_all("input", attrs={"name": "face"})]
    page = post(taken, "undo")
    assert form_of(page)[0] == faces
    assert said(desk, *made.faces[0]) == ["confirmed", "unknown"]


def test_somebody_of_the_whole_school_is_found_and_chosen_without_a_script(
    desk: Desk, made: Crowd
) -> None:
    tess = desk.make.person(desk.school, given_name="Tess", family_name="Zes")
    face = made.faces[2][0]
    page = desk.client.get(f"{base(desk)}?vraag={face}&vragen=1&zoek=zes").get_data(as_text=True)
    assert f'value="elsewhere:{tess.id}"' in page
    found = desk.client.get(f"{base(desk)}/zoeken?q=zes").get_json()
    assert found == {"people": [{"id": tess.id, "name": "Tess Zes"}]}


def test_when_nobody_is_left_to_name_the_run_says_so(desk: Desk, made: Crowd) -> None:
    for one in questions(desk):
        say(desk, [face["id"] for face in one["faces"]], "left")
    page = desk.client.get(base(desk)).get_data(as_text=True)
    assert "Done: there is nobody left to name" in page
    assert "Left hidden without a question: 5" in page
    activity = desk.client.get(f"/activiteiten/{desk.activity.id}").get_data(as_text=True)
    assert "Name the faces" not in activity
    assert "Without a name: 2" in activity


def test_an_activity_without_photos_has_nothing_to_ask(desk: Desk) -> None:
    assert "Done: there is nobody left to name" in desk.client.get(base(desk)).get_data(
        as_text=True
    )
    assert questions(desk) == []


def test_who_is_not_signed_in_any_more_is_told_so_by_a_status(desk: Desk, made: Crowd) -> None:
    stranger = desk.app.test_client()
    assert say(desk, made.faces[2], "left", stranger).status_code == 401
    sign_in(stranger, desk.teacher)
    assert say(desk, made.faces[2], "left", stranger).status_code == 200


# --- from the file to the question ----------------------------------------------------------------


def test_two_photos_of_a_phone_within_a_second_are_asked_about_together(desk: Desk) -> None:
    """From the upload on: moment and hash come from the file, places from the machine."""
    for number in range(2):
        exif = Image.Exif()
        inner = exif.get_ifd(0x8769)
        inner[0x9003], inner[0x9291] = "2026:06:03 10:15:42", str(number * 5)
        picture = group_photo()
        picture.putpixel((0, 0), (number, 0, 0))  # another file
        desk.send_one(f"{number}.jpg", jpeg(picture, exif=exif))
    desk.work()
    first, second = desk.items()
    assert first.taken_at is not None and second.taken_at is not None
    assert (second.taken_at - first.taken_at).total_seconds() == 0.5
    together = [len(one["faces"]) for one in questions(desk)]
    assert set(together) == {2}
    assert len(together) == len(desk.asked(first))


def test_who_is_small_in_the_background_is_hidden_and_not_asked_about(desk: Desk) -> None:
    """R14; the face is found and stays without a name."""
    found = Examined(
        2048,
        1536,
        [
            Found(Box(0.4, 0.2, 0.6, 0.5), 0.9),
            Found(Box(0.1, 0.2, 0.11, 0.2 + 20 / 1536), 0.8),
        ],
        jpeg(nobody()),
        jpeg(nobody()),
    )

    class Found20:
        def run(self, _function: Callable[..., Any], *_args: Any) -> Any:
            return found

    item_id = desk.send_one("a.jpg", jpeg(nobody())).get_json()["id"]
    process_item(desk.database, desk.vault, Found20(), item_id, datetime.now(UTC))
    small, large = desk.faces(desk.item(item_id))
    assert said(desk, small.id or 0, large.id or 0) == ["left", "unknown"]
    assert [one["id"] for one in questions(desk)] == [large.id]
    with desk.database.read() as session:
        assert session.get_one(Appearance, small.id).identity == "unknown"
