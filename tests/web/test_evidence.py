"""What people signed: scans kept sealed, other people's yes, and forms on paper (R8, R9)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image
from pypdf import PdfReader
from sqlmodel import select

from consent import notices, paper_codes, releases
from consent.model import Answer, Capacity, Medium, PersonKind
from consent.tables import (
    Account,
    Channel,
    DecisionRow,
    Evidence,
    PaperForm,
    Person,
    Role,
)
from core.clock import LOCAL, now
from core.config import Config
from core.db import Database
from core.tables import LogEntry, OutgoingMail
from media import stored
from media.seal import Seal
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in

pytestmark = sqlite_alone

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture(kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", (300, 400), "white").save(file, kind, exif=exif)
    return file.getvalue()


class Here:
    """A school with a form, a visitor, a child with a parent, and an administrator at work."""

    def __init__(self, make: Maker, client: FlaskClient) -> None:
        self.make, self.client = make, client
        self.school = make.school()
        self.website = make.channel(self.school)
        with make.database.write() as session:
            form = notices.publish_form(
                session, self.school.id or 0, material=True, by=None, now=now()
            )
            self.version = form.version
        self.group = make.group(self.school)
        self.child = make.person(self.school, self.group)
        self.parent = make.guardian(self.child)
        self.visitor = make.person(self.school, kind=PersonKind.OTHER, born=None)
        self.admin = make.account(self.school, Role.ADMINISTRATOR, language="en")
        sign_in(client, self.admin)

    @property
    def field(self) -> str:
        return f"c{self.website.id}-photo"

    def record(self, answer: str | None, file: tuple[bytes, str] | None = None, **more: str) -> int:
        sent = {"version": str(self.version), **more}
        if answer:
            sent[self.field] = answer
        return self.send(f"/beheer/personen/{self.visitor.id}/keuzes", sent, file)

    def send(self, url: str, sent: dict[str, str], file: tuple[bytes, str] | None) -> int:
        data = dict(sent) | ({"scan": (io.BytesIO(file[0]), file[1])} if file else {})
        self.answer = self.client.post(url, data=data, content_type="multipart/form-data")
        return self.answer.status_code

    def said(self) -> str:
        found = BeautifulSoup(self.answer.text, "html5lib").find(class_="error-summary")
        return found.get_text(" ") if found is not None else ""

    def print(self) -> PaperForm:
        self.answer = self.client.post(f"/beheer/papier/kind/{self.child.id}")
        assert self.answer.status_code == 200
        row: PaperForm = self.make.latest(PaperForm)
        return row

    def enter(
        self, row: PaperForm, answer: str, file: tuple[bytes, str] | None = None, **more: str
    ) -> int:
        today = now().astimezone(LOCAL).date().isoformat()
        sent = {self.field: answer, "signer": str(self.parent.id), "day": today} | more
        return self.send(f"/beheer/papier/{row.id}", sent, file)

    def rows(self, person: Person) -> list[DecisionRow]:
        with self.make.database.read() as session:
            query = select(DecisionRow).where(DecisionRow.person_id == person.id)
            return list(session.exec(query.order_by(DecisionRow.id)))  # type: ignore[arg-type]

    def events(self) -> list[str]:
        with self.make.database.read() as session:
            return list(session.exec(select(LogEntry.event).order_by(LogEntry.id)))  # type: ignore[arg-type]


@pytest.fixture
def here(make: Maker, client: FlaskClient) -> Here:
    return Here(make, client)


# --- other people ---------------------------------------------------------------------------------


def test_a_yes_without_a_scan_is_refused_and_a_no_is_not(here: Here) -> None:
    """R8."""
    assert here.record("yes") == 400
    assert "is needed" in here.said()
    assert here.rows(here.visitor) == []
    assert here.record("no") == 302
    (row,) = here.rows(here.visitor)
    assert (row.answer, row.capacity, row.account_id) == ("no", Capacity.RECORDED, here.admin.id)


def test_a_yes_with_a_scan_counts_and_names_it_and_is_withdrawn_on_their_word(here: Here) -> None:
    """R8, R4."""
    assert here.record("yes", (picture(), "form.png")) == 302
    (row,) = here.rows(here.visitor)
    assert row.evidence_id == here.make.latest(Evidence).id
    assert row.entered_by == here.admin.id
    assert here.record(None, refuse="all") == 302
    assert {row.answer for row in here.rows(here.visitor)[1:]} == {"no"}


def test_the_database_itself_refuses_a_recorded_yes_without_evidence(here: Here) -> None:
    with pytest.raises(Exception, match="recorded_yes_has_evidence"):
        here.make.decided(
            here.visitor, here.admin, here.website, capacity=Capacity.RECORDED, medium=Medium.PHOTO
        )


def test_the_confirmation_goes_to_a_typed_address_and_to_nobody_otherwise(
    here: Here, database: Database
) -> None:
    assert here.record("no", email="not an address") == 400
    assert here.record("no") == 302
    assert here.make.latest(OutgoingMail) is None
    assert here.record("yes", (PDF, "a.pdf"), email="visitor@example.nl") == 302
    mail = here.make.latest(OutgoingMail)
    assert mail.to == "visitor@example.nl" and "website" in mail.text


def test_only_other_people_have_that_screen(here: Here) -> None:
    assert here.client.get(f"/beheer/personen/{here.child.id}/keuzes").status_code == 404
    page = here.client.get(f"/beheer/personen/{here.visitor.id}/keuzes").text
    assert "checked" not in page


# --- scans ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "empty.png", "is empty"),
        (b"%PDF-1.4 and no end", "half.pdf", "its end is missing"),
        (b"GIF89a..........", "a.gif", "Use a JPEG, PNG, HEIC or PDF"),
        (b"<script>alert(1)</script>", "../../etc/<b>passwd", "Use a JPEG, PNG, HEIC or PDF"),
        (picture("JPEG")[:-200], "cut.jpg", ""),
        (b"\xff\xd8\xff" + b"x" * 20_000_001, "huge.jpg", "20 MB"),
    ],
)
def test_a_file_that_is_no_scan_is_refused_with_a_sentence(
    here: Here, vault: Vault, data: bytes, name: str, says: str
) -> None:
    assert here.record("yes", (data, name)) == 400
    assert says in here.said() and here.said()
    assert "<b>passwd" not in here.answer.text
    assert 'value="yes" checked' in here.answer.text  # nothing that was chosen is lost
    assert list(vault.files()) == []
    assert here.rows(here.visitor) == []


def test_a_picture_is_made_anew_and_lies_sealed(
    here: Here, vault: Vault, config: Config, database: Database
) -> None:
    """R9, R19: nothing of the file that came in is kept, and the store alone shows nothing."""
    here.record("yes", (picture(), "form.png"))
    row = here.make.latest(Evidence)
    sealed = vault.get(row.file_key)
    assert not sealed.startswith(b"\xff\xd8\xff")
    plain = Seal.of(config).open(sealed, f"scan {here.school.id} {row.sha256}")
    assert plain.startswith(b"\xff\xd8\xff") and b"secret place" not in plain
    report = stored.compare(database, vault)
    assert (report.named, report.orphans, report.holds) == (1, [], True)
    vault.remove(row.file_key)
    (missing,) = stored.compare(database, vault).missing
    assert (missing.kind, missing.row_id) == (stored.SCAN, row.id)


def test_the_night_run_leaves_a_scan_that_a_row_names(
    here: Here, vault: Vault, database: Database
) -> None:
    here.record("yes", (picture(), "form.png"))
    key = here.make.latest(Evidence).file_key
    assert stored.tidy(database, vault, now() + timedelta(days=2)) == 0
    assert vault.size_of(key)


def test_a_scan_is_given_as_a_file_to_save_and_each_look_is_in_the_log(here: Here) -> None:
    here.record("yes", (PDF, 'evil";name.pdf'))
    row = here.make.latest(Evidence)
    answer = here.client.post(f"/beheer/bewijs/{row.id}/openen")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == f'attachment; filename="scan-{row.id}.pdf"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert here.events()[-1] == "evidence:seen"


def test_only_the_privacy_officer_and_the_administrator_see_scans(here: Here) -> None:
    here.record("yes", (PDF, "a.pdf"))
    row = here.make.latest(Evidence)
    for role, status in ((Role.TEACHER, 403), (Role.SUPERVISOR, 403), (Role.PRIVACY_OFFICER, 200)):
        sign_in(here.client, here.make.account(here.school, role))
        assert here.client.post(f"/beheer/bewijs/{row.id}/openen").status_code == status
        assert here.client.get("/beheer/bewijs/").status_code == status


def test_an_erased_scan_is_gone_and_what_was_decided_stands(here: Here, vault: Vault) -> None:
    """R29."""
    here.record("yes", (PDF, "a.pdf"))
    row = here.make.latest(Evidence)
    assert here.client.post(f"/beheer/bewijs/{row.id}/wissen").status_code == 302
    assert list(vault.files()) == []
    left = here.make.latest(Evidence)
    assert left.file_key is None and left.erased_at is not None and left.sha256 == row.sha256
    assert here.rows(here.visitor)[0].answer == Answer.YES
    assert here.client.post(f"/beheer/bewijs/{row.id}/openen").status_code == 404
    assert here.client.post(f"/beheer/bewijs/{row.id}/wissen").status_code == 404


# --- paper ----------------------------------------------------------------------------------------


def test_a_slip_in_a_code_is_noticed() -> None:
    """Every wrong sign, and every two neighbours that changed places."""
    code = paper_codes.new()
    assert paper_codes.read(f" {paper_codes.shown(code).lower()} ") == code
    for place in range(len(code)):
        for sign in set(paper_codes.ALPHABET) - {code[place]}:
            with pytest.raises(paper_codes.WrongCode):
                paper_codes.read(code[:place] + sign + code[place + 1 :])
    for place in range(len(code) - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if swapped != code:
            with pytest.raises(paper_codes.WrongCode):
                paper_codes.read(swapped)


def test_the_paper_holds_the_words_of_the_version_the_code_and_a_box_pair_per_row(
    here: Here,
) -> None:
    """R2, R11: summary, notices, each question with its boxes, and nothing ticked."""
    row = here.print()
    reader = PdfReader(io.BytesIO(here.answer.data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    with here.make.database.read() as session:
        form = notices.numbered(session, here.school.id or 0, row.form_version)
    assert form is not None
    words = form.texts["nl"]
    assert paper_codes.shown(row.code) in text
    for part in words["summary"]:
        assert part["text"] in text
    for part in words["notice"]:
        assert " ".join(part["text"].split()) in text
    assert here.child.full_name in text
    questions = len(here.website.media)
    drawn = b"".join(page.get_contents().get_data() for page in reader.pages)  # type: ignore[union-attr]
    frames = len([line for line in drawn.split(b"\n") if b" re S" in line])
    assert frames == 2 * questions + 1  # the boxes, and the frame around the channel


def test_the_forms_of_a_group_are_for_who_has_not_answered(here: Here) -> None:
    other = here.make.person(here.school, here.group, given_name="Nieuw")
    for medium in (Medium.PHOTO, Medium.NAME):
        here.make.decided(
            here.child, here.parent, here.website, medium=medium, form_version=here.version
        )
    answer = here.client.post(f"/beheer/papier/groep/{here.group.id}")
    assert answer.data.startswith(b"%PDF-")
    assert here.make.latest(PaperForm).person_id == other.id
    with here.make.database.read() as session:
        assert len(session.exec(select(PaperForm)).all()) == 1


def test_once_a_text_has_changed_no_paper_tells_who_had_refused_the_old_one(here: Here) -> None:
    """R10, R33: the no goes on counting; its paper comes as that of who had said yes."""
    refused = here.make.person(here.school, here.group, given_name="Weiger")
    parent = here.make.guardian(refused)
    for child, by, answer in (
        (here.child, here.parent, Answer.YES),
        (refused, parent, Answer.NO),
    ):
        for medium in (Medium.PHOTO, Medium.NAME):
            here.make.decided(
                child, by, here.website, answer, medium=medium, form_version=here.version
            )
    url = f"/beheer/papier/groep/{here.group.id}"
    assert here.client.post(url).status_code == 302  # everybody has answered
    with here.make.database.write() as session:
        channel = session.get_one(Channel, here.website.id)
        channel.words = {
            language: {**texts, "audience": "?"} for language, texts in channel.words.items()
        }
        session.flush()
        notices.publish_form(session, here.school.id or 0, material=True, by=None, now=now())
    assert here.client.post(url).status_code == 200
    with here.make.database.read() as session:
        printed = set(session.exec(select(PaperForm.person_id)).all())
    assert printed == {here.child.id, refused.id}


def in_language(here: Here, code: str) -> None:
    with here.make.database.write() as session:
        session.get_one(Account, here.parent.id).language = code


def release(here: Here, code: str) -> None:
    with here.make.database.write() as session:
        form = notices.current_form(session, here.school.id or 0)
        assert form is not None
        seen = releases.digest(form.texts, code)
        releases.release(session, form, code, seen, here.admin.id or 0, now())


def printed(here: Here) -> str:
    pages = PdfReader(io.BytesIO(here.answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(
    ("code", "title", "question"),
    [
        ("tr", "Görüntü ve ses kayıtları için rıza", "adlı kişinin tanınabildiği fotoğrafları"),
        ("ar", "الموافقة على صور وتسجيلات", "صوراً يمكن التعرف فيها على"),
    ],
    ids=["tr", "ar"],
)
def test_paper_in_words_that_nobody_released_has_the_dutch_with_it_and_counts_as_dutch(
    here: Here, code: str, title: str, question: str
) -> None:
    """R9, R11: also when the words are released before the paper comes back."""
    in_language(here, code)
    row = here.print()
    text = printed(here)
    assert row.language == code and title in text and question in text
    assert "Mag de school foto's plaatsen waarop" in text
    with here.make.database.read() as session:
        form = notices.numbered(session, here.school.id or 0, row.form_version)
    assert form is not None
    for part in form.texts["nl"]["notice"]:
        assert " ".join(part["text"].split()) in text
    release(here, code)
    assert here.enter(row, "no") == 302
    assert here.rows(here.child)[0].language == "nl"


def test_paper_in_released_words_counts_in_them_whatever_becomes_of_the_release(
    here: Here,
) -> None:
    """R9: what was signed is what was printed."""
    in_language(here, "tr")
    release(here, "tr")
    row = here.print()
    assert "Cevaplarınız" in printed(here) and "Mag de school" not in printed(here)
    with here.make.database.write() as session:
        releases.take_back(session, here.school.id or 0, "tr", here.admin.id or 0, now())
    page = here.client.get(f"/beheer/papier/{row.id}").text
    assert "Photo" in page and "Fotoğraf" not in page  # in the language of who enters it
    assert here.enter(row, "no") == 302
    assert here.rows(here.child)[0].language == "tr"


def test_a_code_leads_to_its_paper_and_a_wrong_one_or_another_schools_does_not(
    here: Here, make: Maker, client: FlaskClient
) -> None:
    """R32."""
    row = here.print()
    sent = client.post("/beheer/papier/", data={"code": paper_codes.shown(row.code)})
    assert sent.location == f"/beheer/papier/{row.id}"
    assert "checked" not in client.get(sent.location).text
    assert client.post("/beheer/papier/", data={"code": "x"}).status_code == 400
    wrong = row.code[:-1] + ("2" if row.code[-1] != "2" else "3")
    assert "typing error" in client.post("/beheer/papier/", data={"code": wrong}).text
    sign_in(client, make.account(make.school(), Role.ADMINISTRATOR))
    assert client.post("/beheer/papier/", data={"code": row.code}).status_code == 404
    assert client.get(f"/beheer/papier/{row.id}").status_code == 404


@pytest.mark.parametrize("photographed_as", ["JPEG", "HEIF"])
def test_a_paper_is_entered_for_whoever_signed_and_only_once(
    here: Here, photographed_as: str
) -> None:
    """R9: whose answer, who entered it, from which scan; and the parent gets the receipt. A phone
    photographs as JPEG or HEIC."""
    row = here.print()
    assert here.enter(row, "yes", (picture(photographed_as), "IMG_1.HEIC")) == 302
    evidence = here.make.latest(Evidence)
    assert here.client.post(f"/beheer/bewijs/{evidence.id}/openen").data.startswith(b"\xff\xd8\xff")
    (decision,) = here.rows(here.child)
    assert decision.account_id == here.parent.id and decision.capacity == Capacity.GUARDIAN
    assert decision.entered_by == here.admin.id
    assert decision.evidence_id == here.make.latest(Evidence).id
    assert "paper:entered" in here.events()
    mail = here.make.latest(OutgoingMail)
    assert mail.to == here.parent.email and "papieren formulier" in mail.text
    assert here.enter(row, "no") == 409
    assert len(here.rows(here.child)) == 1


@pytest.mark.parametrize(
    ("answer", "more", "says"),
    [
        ("yes", {}, "is needed"),
        ("no", {"signer": "999999"}, "Choose who signed"),
        ("no", {"signer": ""}, "Choose who signed"),
        ("no", {"day": "soon"}, "is no day"),
        ("no", {"day": "2020-01-01"}, "between the day of printing"),
        ("no", {"day": "2999-01-01"}, "between the day of printing"),
    ],
)
def test_a_paper_that_cannot_be_right_is_refused(
    here: Here, answer: str, more: dict[str, Any], says: str
) -> None:
    row = here.print()
    assert here.enter(row, answer, **more) == 400
    assert says in here.said()
    assert here.rows(here.child) == []


def test_a_paper_does_not_override_what_was_answered_on_screen_since(here: Here) -> None:
    """R4: the newer answer stands, and the page leaves that row open."""
    row = here.print()
    here.make.decided(here.child, here.parent, here.website, Answer.NO, form_version=here.version)
    assert here.enter(row, "yes", (PDF, "a.pdf")) == 409
    assert "newer than the paper" in here.said()
    assert "checked" not in here.answer.text.split("Who signed")[0]
    assert [row.answer for row in here.rows(here.child)] == ["no"]


def test_a_guardian_without_authority_cannot_have_signed(here: Here) -> None:
    informed = here.make.guardian(here.child, authority=False)
    assert here.enter(here.print(), "no", signer=str(informed.id)) == 400
    assert here.rows(here.child) == []


def test_a_yes_on_an_outdated_paper_is_refused_and_a_no_is_not(here: Here) -> None:
    """R10."""
    row = here.print()
    with here.make.database.write() as session:
        session.get_one(Channel, here.website.id).material_version = here.version + 1
    assert here.enter(row, "yes", (PDF, "a.pdf")) == 400
    assert "has changed since" in here.said()
    assert here.enter(row, "no") == 302
