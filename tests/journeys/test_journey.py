"""The whole product in one story, in a browser, on a phone and on a desk.

A guardian's answer decides what a school can publish from a teacher's upload: real database, real
queue of jobs (held, so that the moment between a withdrawal and the new file can be looked at),
real detection in child processes, real renditions, the server of an installation.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from core import log
from core.tables import LogEntry, OutgoingMail
from demo.people import email
from media.tables import Appearance, Item, Publication
from tests.databases import Kind
from tests.journeys.pages import (
    DESK,
    PHONE,
    Communications,
    Guardian,
    Person,
    PrivacyOfficer,
    Teacher,
)
from tests.journeys.world import A_FACE, Story
from tests.web.teaching import group_photo, jpeg, nobody

pytestmark = [pytest.mark.browser, pytest.mark.slow]

POST = "A sunny day at the lake: there was swimming, and somebody saw a heron."


# A phone with one database and a desk with the other: what is shown depends on neither.
@pytest.mark.parametrize(
    ("kind", "size"),
    [
        pytest.param(Kind.SQLITE, PHONE, id="sqlite-390"),
        pytest.param(
            Kind.POSTGRES,
            DESK,
            id="postgres-1280",
            marks=[pytest.mark.postgres, pytest.mark.thorough],
        ),
    ],
    indirect=True,
)
def test_an_answer_decides_what_goes_out_and_a_withdrawal_reaches_it(
    story: Story, tmp_path: Path
) -> None:
    """The six points of the product, one after the other (R2, R4, R13, R14, R22, R26, R29)."""
    (tmp_path / "IMG_0001.jpg").write_bytes(jpeg(group_photo()))
    (tmp_path / "IMG_0002.jpg").write_bytes(jpeg(nobody()))

    sara = given_a_guardian_who_answers(story)
    item_id = given_a_photo_with_two_names(story, tmp_path)
    when_communications_publishes(story)
    address = then_a_visitor_sees_both(story)
    when_the_guardian_withdraws(story, sara)
    then_the_next_request_is_refused(story, address)
    then_a_file_without_the_face_takes_its_place(story, sara, address, item_id)
    then_everybody_who_must_know_can_see_it(story, sara)


def given_a_guardian_who_answers(story: Story) -> Guardian:
    """Nothing is filled in; yes for the website, no for the closed page; checked; a receipt."""
    website, closed = (f"c{story.channel(slug).id}-photo" for slug in ("website", "besloten"))
    visitor = Person.at(story.browser, story.world.address, "visitor", story.size)
    visitor.page.goto("/")
    visitor.look("01-sign-in")
    visitor.page.goto("/galerij/")
    visitor.look("02-galleries")
    visitor.close()

    sara = story.signed_in(Guardian, email("Sara", "Fictief"))
    sara.page.goto("/mijn/")
    sara.look("03-my-children")
    sara.open_choices("Noor")
    expect(sara.page.locator("input[type=radio]:checked")).to_have_count(0)
    sara.look("04-choices")
    sara.choose(website, "yes")
    sara.choose(closed, "no")
    sara.check()
    sara.look("05-check-answers")
    sara.save()
    sara.look("06-saved")
    with story.world.reading() as session:
        receipt = session.exec(
            select(OutgoingMail).where(OutgoingMail.to == email("Sara", "Fictief"))
        ).all()
    assert receipt, "a receipt goes to whoever decided (R9)"
    return sara


def given_a_photo_with_two_names(story: Story, folder: Path) -> int:
    """A teacher adds an activity and two photos, names by keyboard, draws, and offers one."""
    teacher = story.staff(Teacher, "teacher")
    teacher.page.goto("/activiteiten/")
    teacher.look("10-activities")
    teacher.make_activity("Day at the lake", "2026-06-11", "Groep 6")
    teacher.look("11-attendance")
    teacher.absent("Sem de Proef")
    teacher.save_attendance()
    teacher.look("12-activity")
    teacher.upload(folder / "IMG_0001.jpg", folder / "IMG_0002.jpg")
    story.world.work()
    expect(teacher.page.locator("#photo-grid img")).to_have_count(2)
    teacher.look("13-uploaded")

    teacher.open_photo("IMG_0001.jpg")
    teacher.look("14-review")
    with story.world.reading() as session:
        item = session.exec(select(Item).where(Item.file_name == "IMG_0001.jpg")).one()
        rows = session.exec(select(Appearance).where(Appearance.item_id == item.id)).all()
        faces = {row.id: row for row in rows if not row.unasked}
    for _face in range(len(faces)):
        row = faces[teacher.current()]
        if (row.score or 0) < A_FACE:
            teacher.not_a_face()
        elif row.left < 0.5:
            teacher.type_name("emm", "Emma Voorbeeld")
        else:
            teacher.type_name("noo", "Noor Fictief")
    teacher.look("15-named")
    teacher.draw(44, 60, 8, 14)
    teacher.look("16-drawn")
    teacher.offer("school website", "closed photo page")
    teacher.look("17-offered")
    teacher.close()
    story.world.work()
    return item.id or 0


def when_communications_publishes(story: Story) -> None:
    """They see the rendition and every visible face with its name; they approve and publish."""
    fleur = story.staff(Communications, "communications")
    fleur.page.goto("/kanalen/")
    fleur.look("20-channels")
    fleur.open_board("School website")
    fleur.look("21-board")
    fleur.open_card("Day at the lake")
    names = fleur.page.locator(".seen-list p")
    expect(names).to_have_text(["Emma Voorbeeld", "Noor Fictief"])
    fleur.look("22-review-rendition")
    fleur.approve()
    fleur.start_post("With Noor at the lake.")
    expect(fleur.page.get_by_text("there is no consent for that name").first).to_be_visible()
    fleur.look("23-name-in-the-text")
    fleur.preview(POST)
    expect(fleur.page.get_by_text("Nothing has been published yet.")).to_be_visible()
    fleur.look("24-preview")
    fleur.publish()
    fleur.look("25-published")
    fleur.close()


def then_a_visitor_sees_both(story: Story) -> str:
    """The public page shows the photo; its file has both faces, and nothing of a third."""
    visitor = Person.at(story.browser, story.world.address, "visitor", story.size)
    visitor.page.goto("/galerij/website/")
    picture = visitor.page.locator("article img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    expect(visitor.page.get_by_text(POST)).to_be_visible()
    visitor.look("30-gallery")
    visitor.page.locator("article a").first.click()
    visitor.look("31-post")
    address = picture.get_attribute("src") or ""
    served = visitor.page.request.get(address)
    assert served.status == 200
    assert len(story.world.faces_in(served.body())) == 2
    visitor.page.goto("/galerij/besloten/")
    expect(visitor.page).to_have_url(re.compile("/inloggen"))
    visitor.close()
    return address


def when_the_guardian_withdraws(story: Story, sara: Guardian) -> None:
    """On the same page, as easily (R4)."""
    website = f"c{story.channel('website').id}-photo"
    sara.open_choices("Noor")
    expect(sara.page.locator(f"#{website}-yes")).to_be_checked()
    sara.choose(website, "no")
    sara.check()
    sara.look("40-change-to-no")
    sara.save()
    sara.look("41-withdrawn")
    expect(sara.page.get_by_role("heading", name="What this did")).to_be_visible()


def then_the_next_request_is_refused(story: Story, address: str) -> None:
    """No job has run yet: the gate alone refuses (R13)."""
    visitor = Person.at(story.browser, story.world.address, "visitor", story.size)
    assert visitor.page.request.get(address).status == 404
    visitor.page.goto("/galerij/website/")
    expect(visitor.page.locator("article img")).to_have_count(0)
    visitor.look("42-gallery-after")
    visitor.close()


def then_a_file_without_the_face_takes_its_place(
    story: Story, sara: Guardian, address: str, item_id: int
) -> None:
    """By itself, since it hides more; the one on the right is gone, the other still there."""
    story.world.work()
    visitor = Person.at(story.browser, story.world.address, "visitor", story.size)
    served = visitor.page.request.get(address)
    assert served.status == 200
    left = story.world.faces_in(served.body())
    assert len(left) == 1
    assert left[0] < 0.5
    visitor.page.goto("/galerij/website/")
    expect(visitor.page.locator("article img").first).to_be_visible()
    visitor.look("43-gallery-without-the-face")
    visitor.close()
    with story.world.reading() as session:
        out = session.exec(select(Publication).where(Publication.item_id == item_id)).all()
    assert {row.state for row in out} <= {"published", "proposed"}


def then_everybody_who_must_know_can_see_it(story: Story, sara: Guardian) -> None:
    """Communications on the board, the guardian among her photos, the officer in the log."""
    fleur = story.staff(Communications, "communications")
    fleur.open_board("School website")
    assert "Replaced by itself" in fleur.column("Published")
    fleur.look("50-board-after")
    fleur.close()

    sara.page.goto(f"/mijn/kind/{story.world.cast.people['Noor Fictief']}/fotos/")
    expect(sara.page.get_by_text("Taken away or made unrecognisable")).to_be_visible()
    sara.look("51-photos-of-noor")
    sara.page.goto(f"/mijn/kind/{story.world.cast.people['Noor Fictief']}/geschiedenis/")
    sara.look("52-history")
    sara.close()

    wilma = story.staff(PrivacyOfficer, "privacy_officer")
    wilma.open_log()
    said = wilma.page.locator("table")
    for what in (
        "About Noor Fictief a question was answered",
        "was published on School website",
        "Publication 1 shows another file now",
    ):
        expect(said).to_contain_text(what)
    wilma.look("60-log")
    noor = story.world.cast.people["Noor Fictief"]
    wilma.page.goto(f"/logboek/?subject=person&subject_id={noor}")
    expect(wilma.page.locator("table")).to_contain_text(
        "About Noor Fictief was answered: no, for photos, School website"
    )
    wilma.open_log()
    wilma.check_the_log()
    wilma.look("61-log-holds")
    wilma.close()
    with story.world.reading() as session:
        verified = log.verify(session, story.world.cast.school_id)
        assert verified.broken is None
        school = LogEntry.school_id == story.world.cast.school_id
        chain = select(LogEntry.event).where(school).order_by(col(LogEntry.seq))
        entries = session.exec(chain).all()
    for event in ("consent:decided", "publication:approved", "publication:published"):
        assert event in entries
    assert entries.index("publication:published") < entries.index("publication:replaced")
