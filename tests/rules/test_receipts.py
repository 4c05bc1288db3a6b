"""The receipt as files: what is in them, who signed them, and that they come by mail (R9)."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pypdf import PdfReader

from consent import notices, receipt_files
from consent.model import Answer
from consent.receipt_files import checked
from consent.receipt_words import WORDS
from consent.tables import Account, DecisionRow, Person
from core import mail, signing
from core.config import ROOT, Config
from core.db import Database
from core.i18n import LANGUAGES
from core.mail import Attachment
from core.signing import NotSigned
from core.tables import OutgoingMail
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.rules.test_registry import MOMENT, NAME, NO, PHOTO, YES, Family

pytestmark = sqlite_alone

POLISH, ARABIC = "Łucja Żółć", "\u0646\u0648\u0631"


@pytest.fixture
def family(make: Maker, database: Database) -> Family:
    found = Family(make, database)
    with database.write() as session:
        session.get_one(Person, found.child.id).family_name = POLISH
        session.get_one(Account, found.parent.id).name = f"{ARABIC} {POLISH}"
        notices.publish_form(session, found.school.id or 0, None, None, MOMENT)
    return found


def decide(family: Family, photo: Answer = YES, **fields: Any) -> list[DecisionRow]:
    answers = {(family.channel.id, PHOTO): photo, (family.channel.id, NAME): NO}
    return family.decide(YES, answers=answers, form_version=2, **fields)


def files(family: Family, rows: list[DecisionRow], config: Config) -> tuple[Attachment, ...]:
    with family.database.read() as session:
        return receipt_files.files_of(session, rows, config)


class Letterbox:
    def __init__(self) -> None:
        self.arrived: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.arrived.append(envelope.content)
        return "250 kept"


def test_the_receipt_comes_with_paper_and_record_and_nothing_of_it_is_kept(
    family: Family, config: Config
) -> None:
    """R9: attached to the mail that is written in the transaction of the decision."""
    decide(family)
    inside = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(inside, hostname="127.0.0.1", port=port)
    server.start()
    try:
        posted = replace(config, smtp_host="127.0.0.1", smtp_port=port)
        waiting = family.make.latest(OutgoingMail)
        assert waiting.attach == {"receipt": [row.id for row in family.rows(DecisionRow)]}
        attachments = partial(receipt_files.attached, config=posted)
        mail.send(family.database, posted, waiting.id, MOMENT, attachments)
    finally:
        server.stop()
    (content,) = inside.arrived
    message = message_from_bytes(content, policy=policy.default)
    paper, record = message.iter_attachments()
    body = message.get_body()
    assert body is not None and "website, foto: ja" in body.get_content()
    assert paper.get_content_type() == "application/pdf"
    assert checked(paper.get_content()).record == checked(record.get_content()).record
    assert family.make.latest(OutgoingMail).attach is None


def test_the_record_has_the_fields_of_the_guide_to_ts_27560(family: Family, config: Config) -> None:
    """R9: who, about whom, what, where, when, in which words and language."""
    decide(family)
    rows = decide(family, NO, now=MOMENT + timedelta(days=1))
    record = checked(files(family, rows, config)[1].data).record
    assert record["@type"] == "dpv:ConsentReceipt"
    assert record["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#receipt"
    assert record["dpv:hasDataSubject"]["dpv:hasName"].endswith(POLISH)
    (one,) = record["dpv:hasRecordOfActivity"]
    assert one["dpv:hasConsentStatus"]["@type"] == "dpv:ConsentWithdrawn"
    assert one["dpv:hasConsentStatus"]["dpv:isIndicatedAtTime"].startswith("2026-06-04T12:00")
    assert one["dpv:hasNotice"]["dct:hasVersion"] == "2"
    assert len(one["dpv:hasNotice"]["bp:sha256"]) == 64
    assert one["dpv:hasNotice"]["dct:language"] == "nl"
    for field in ("Purpose", "PersonalData", "Recipient", "LegalBasis", "StorageCondition"):
        assert one["dpv:hasProcess"][f"dpv:has{field}"]
    assert one["dpv:hasConsentControl"] and one["dpv:hasJurisdiction"] == "loc:EU"
    prefixes = {word.split(":")[0] for word in _words(record) if ":" in word}
    assert prefixes <= record["@context"].keys(), "no network is needed to read it"


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(word for part in value.values() for word in _words(part))]
    return [word for part in value for word in _words(part)] if isinstance(value, list) else []


def test_a_receipt_asked_for_again_is_the_same(family: Family, config: Config) -> None:
    rows = decide(family)
    assert files(family, rows, config) == files(family, rows, config)


def test_the_paper_says_what_the_record_says_with_every_letter_of_a_name(
    family: Family, config: Config
) -> None:
    rows = decide(family)
    pages = PdfReader(BytesIO(files(family, rows, config)[0].data)).pages
    text = " ".join(pages[0].extract_text().split())
    fingerprint = signing.fingerprint(signing.public_keys(config)[0])
    for words in (POLISH, "website", "ja", "nee", fingerprint[:4], "3 juni 2026, 14:00"):
        assert words in text
    assert ARABIC in text or ARABIC[::-1] in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_paper_is_in_the_language_of_whoever_decided(
    family: Family, config: Config, code: str
) -> None:
    """R9: its title, the answers, and how it can be checked; Arabic begins at the right."""
    with family.database.write() as session:
        session.get_one(Account, family.parent.id).language = code
    places: list[float] = []

    def note(text: str, _cm: object, matrix: list[float], _font: object, _size: object) -> None:
        if text.strip():
            places.append(matrix[4])

    paper, record = files(family, decide(family), config)
    (page,) = PdfReader(BytesIO(paper.data)).pages
    text = "".join(page.extract_text(visitor_text=note).split())
    words = WORDS[code]
    for key in ("title", "about", "by", "yes", "no", "change", "proof", "key", "number"):
        assert "".join(words[key].split()) in text, key
    assert "".join(POLISH.split()) in text and ARABIC in text
    # The first line is the name of the school; the width of A4 is 595 points.
    assert (places[0] > 400) is (code == "ar")
    assert checked(record.data).record["dct:language"] == code
    assert checked(paper.data).record == checked(record.data).record


def test_a_changed_byte_of_either_file_is_refused(family: Family, config: Config) -> None:
    """R9: every 97th byte of the paper (it is large), every byte of the record."""
    paper, record = files(family, decide(family), config)
    for file, step in ((paper, 97), (record, 1)):
        for place in range(0, len(file.data), step):
            changed = bytearray(file.data)
            changed[place] ^= 1
            with pytest.raises(NotSigned):
                checked(bytes(changed))


def test_pages_of_one_receipt_around_the_record_of_another_are_refused(
    family: Family, config: Config, tmp_path: Path
) -> None:
    paper = files(family, decide(family), config)[0].data
    body = signing.opened_file(paper).value
    tmp_path.joinpath("elsewhere").mkdir()
    stranger = signing.Signer.of(replace(config, var=tmp_path / "elsewhere"))
    with pytest.raises(NotSigned):
        checked(stranger.sign_file(body))


def verify(file: Path, var: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", "receipt", "verify", str(file), *more],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "BEELDPOORT_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_whoever_has_a_file_can_verify_it_without_the_installation(
    family: Family, config: Config, tmp_path: Path
) -> None:
    """R9: the command needs no database and makes no keys of its own."""
    nowhere = tmp_path / "nowhere"
    key = signing.fingerprint(signing.public_keys(config)[0])
    for file in files(family, decide(family), config):
        path = tmp_path / file.name
        path.write_bytes(file.data)
        known = verify(path, nowhere, "--key", key)
        assert known.returncode == 0 and "valid" in known.stdout
        assert f"{POLISH}:" in known.stdout and "website, Foto: yes" in known.stdout
        unknown = verify(path, nowhere)
        assert unknown.returncode == 3 and "UNKNOWN KEY" in unknown.stderr
        assert "valid" not in unknown.stdout
    assert verify(path, config.var).returncode == 0, "the installation knows its own"
    path.write_bytes(file.data.replace(b'"yes"', b'"no"'))
    changed = verify(path, nowhere, "--key", key)
    assert changed.returncode == 1 and "NOT VALID" in changed.stderr
    assert not nowhere.exists()


@pytest.mark.thorough
def test_receipts_of_before_a_new_key_stay_known(
    family: Family, config: Config, tmp_path: Path
) -> None:
    path = tmp_path / "before.json"
    path.write_bytes(files(family, decide(family), config)[1].data)
    signing.renew(config)
    assert verify(path, config.var).returncode == 0
    assert json.loads(path.read_bytes())["signature"]["algorithm"] == "Ed25519"
