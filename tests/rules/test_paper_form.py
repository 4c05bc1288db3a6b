"""The paper form as somebody holds it, in a language from right to left as well (R9)."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from consent import notices, paper_form
from consent.receipt_paper import paper_of
from consent.tables import FormVersion, PaperForm, Person, School
from core.i18n import LANGUAGES
from core.signing import fingerprint
from tests.make import LONG_AGO

# Digits first: from right to left these would come last, were they not set apart.
CODE, SHOWN, WRONG = "23456ABCDE", "23456-ABCDE", "ABCDE-23456"


def printed(code: str) -> str:
    school = School(
        id=1,
        name="De Linde",
        created_at=LONG_AGO,
        contact="c@linde.example",
        privacy_contact="p@linde.example",
    )
    texts = {one: notices._in_language(school, [], one) for one in LANGUAGES}
    form = FormVersion(
        school_id=1, version=3, texts=texts, sha256="x", material=False, made_at=LONG_AGO
    )
    person = Person(school_id=1, given_name="Noor", family_name="8 van Test", kind="pupil")
    row = PaperForm(
        school_id=1,
        person_id=1,
        code=CODE,
        form_version=3,
        language=code,
        made_by=1,
        made_at=LONG_AGO,
    )
    data = paper_form.pdf([paper_form.Sheet(row, form, person, school, counting=code)])
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


@pytest.mark.parametrize("code", ["nl", "ar"])
def test_a_code_and_a_name_are_read_in_their_own_order(code: str) -> None:
    """The code is typed over by hand when the paper comes back."""
    text = printed(code)
    assert text.count(SHOWN) >= 2 and WRONG not in text  # at the top, and at the foot
    assert "Noor 8 van Test" in text and "De Linde" in text


def test_a_fingerprint_is_compared_from_left_to_right_in_arabic_too() -> None:
    """R9: it is how somebody tells the school's key from another."""
    keys = (bytes([one]) for one in range(256))
    key = next(one for one in keys if fingerprint(one)[:4].isdigit())
    school = {"dpv:hasName": "De Linde", "dpv:hasContact": ["c@linde.example", "p@linde.example"]}
    record = {
        "dct:language": "ar",
        "dct:created": LONG_AGO.isoformat(),
        "dct:publisher": school,
        "dpv:hasDataSubject": {"dpv:hasName": "Noor"},
        "schema:recipient": {"dpv:hasName": "Sara"},
        "schema:url": "",
        "dct:identifier": "urn:uuid:1",
        "dpv:hasRecordOfActivity": [
            {
                "dpv:hasProcess": {"bp:place": "website", "dct:title": "x"},
                "dpv:hasConsentStatus": {"bp:answer": "no"},
                "dpv:hasNotice": {},
            }
        ],
    }
    (page,) = PdfReader(BytesIO(paper_of(record, b"{}", key))).pages
    shown = fingerprint(key)
    assert f"{shown[:4]} {shown[4:8]} {shown[8:12]}" in page.extract_text()
