"""A receipt on paper: drawn from the signed record alone, which travels inside the file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel import Locale

from consent import notices
from consent.receipt_words import WORDS
from core.clock import local_day
from core.dates import day_in, moment_in
from core.paper import SMALL_PT, Paper
from core.signing import fingerprint

INSIDE = "beeldpoort-receipt.json"
KEYS_PATH = "/.well-known/beeldpoort-keys.json"


def paper_of(record: dict[str, Any], signed: bytes, public: bytes) -> bytes:
    """The PDF of `record`, with `signed`, the file that proves it, attached inside."""
    language = record["dct:language"]
    words = WORDS[language]
    at = datetime.fromisoformat(record["dct:created"])
    school, subject = record["dct:publisher"], record["dpv:hasDataSubject"]
    activities = record["dpv:hasRecordOfActivity"]
    paper = Paper(language, words["title"], at)
    paper.paragraph(school["dpv:hasName"], after_mm=1)
    paper.title_line(words["title"])
    paper.pairs(
        [
            (words["about"], subject["dpv:hasName"]),
            (words["by"], record["schema:recipient"]["dpv:hasName"]),
            (words["at"], moment_in(at, language)),
        ]
    )
    paper.answers([_line(one, words, language) for one in activities])
    notice = activities[0]["dpv:hasNotice"]
    if "dct:date" in notice:
        made = datetime.fromisoformat(notice["dct:date"])
        shown = Locale.parse(notice["dct:language"]).get_display_name(language)
        paper.paragraph(
            words["form"].format(
                version=notice["dct:hasVersion"],
                language=shown,
                date=day_in(local_day(made), language),
            )
        )
    paper.paragraph(words["change"])
    contact, privacy = school["dpv:hasContact"]
    paper.paragraph(
        words["contact"].format(
            contact=notices.apart(contact, language), privacy=notices.apart(privacy, language)
        )
    )
    paper.heading(words["proof"])
    site = record["schema:url"]
    name = notices.apart(school["dpv:hasName"], language)
    keys = f"{site}{KEYS_PATH}" if site else words["own_site"].format(school=name)
    command = f"beeldpoort receipt verify {words['file']}"
    paper.paragraph(
        words["signed"].format(
            school=name,
            keys=notices.apart(keys, language),
            command=notices.apart(command, language),
        ),
        size=SMALL_PT,
        after_mm=1.5,
    )
    paper.paragraph(f"{words['key']}:", size=SMALL_PT, after_mm=0)
    key = notices.apart(_in_groups(fingerprint(public)), language)
    paper.paragraph(key, size=SMALL_PT, after_mm=1.5)
    number = notices.apart(record["dct:identifier"], language)
    paper.paragraph(f"{words['number']}: {number}", size=SMALL_PT)
    paper.attach(INSIDE, signed, "application/ld+json", at)
    return paper.written()


def _line(one: dict[str, Any], words: dict[str, str], language: str) -> tuple[str, str, str]:
    process, status = one["dpv:hasProcess"], one["dpv:hasConsentStatus"]
    place = process["bp:place"] or words["recognition"]
    if "bp:activity" in process:
        place = words["only"].format(
            place=notices.apart(place, language),
            activity=notices.apart(process["bp:activity"], language),
        )
    return place, process["dct:title"], words[status["bp:answer"]]


def _in_groups(text: str) -> str:
    """Sixty-four characters that somebody may have to compare by eye."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
