"""A consent form on paper: drawn from exactly the version that its code stands for (R9, R11).

In the words and the language of that version, summary and notices included; a yes and a no box per
row and nothing ticked (R2). A translation that does not count has the Dutch with it, which is what
is signed then.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent import notices, paper_codes
from consent.forms import RECOGNITION, Asked
from consent.model import Medium
from consent.tables import FormVersion, PaperForm, Person, School
from core.clock import local_day
from core.dates import day_in
from core.paper import SMALL_PT
from core.paper_by_hand import PaperByHand, Question

_WORDS: dict[str, dict[str, str]] = {
    path.suffixes[0][1:]: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("paper.*.toml"))
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form to print; `own`: the pupil decides, and is spoken to. `counting` is the language
    whose words are signed: that of the paper, or Dutch."""

    row: PaperForm
    form: FormVersion
    person: Person
    school: School
    counting: str
    own: bool = False


def languages(form: FormVersion) -> list[str]:
    """The languages in which a version can be printed."""
    return sorted(form.texts.keys() & _WORDS.keys())


def rows_of(form: FormVersion, language: str) -> list[Asked]:
    """What the paper asks, in its order: what this version says of its channels, no more."""
    words = form.texts[language]
    rows: list[Asked] = [
        (int(channel), Medium(medium))
        for channel, texts in _channels(words)
        for medium in texts["media"]
    ]
    return rows + ([RECOGNITION] if words["recognition"] else [])


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """The forms in one file, each beginning on a sheet of its own."""
    first = sheets[0]
    paper = PaperByHand(first.row.language, first.school.name, first.row.made_at)
    for number, sheet in enumerate(sheets):
        if number:
            paper.next_document(sheet.row.language)
        _draw(paper, sheet)
    return paper.written()


def _draw(paper: PaperByHand, sheet: Sheet) -> None:
    language = sheet.row.language
    name = notices.apart(sheet.person.given_name, language)
    words, own = sheet.form.texts[language], _WORDS[language]
    code = notices.apart(paper_codes.shown(sheet.row.code), language)
    paper.every_page(lambda page, pages: own["page"].format(code=code, page=page, pages=pages))
    paper.qr(sheet.row.code, f"{own['code']}: {code}")
    paper.title_line(own["own_title" if sheet.own else "title"].format(name=name))
    paper.paragraph(
        own["about"].format(
            name=notices.apart(sheet.person.full_name, language),
            school=notices.apart(sheet.school.name, language),
        )
    )
    paper.below_qr()
    if sheet.counting != language:
        paper.paragraph(own["unchecked"], bold=True)
    paper.heading(own["before"])
    for part in words.get("summary", []):
        paper.point(part["text"])
    _parts(paper, words["notice"])
    paper.heading(own["choices"])
    paper.paragraph(own["how"].format(**notices.called(sheet.school, language)))
    boxes = (own["yes"], own["no"])
    for _channel, texts in _channels(words):
        if not texts["media"]:
            continue
        questions = [_question(sheet, Medium(medium)) for medium in texts["media"]]
        paper.choices(texts["name"], _said(texts, language), questions, boxes)
    if words["recognition"]:
        paper.heading(own["recognition"])
        _parts(paper, words["recognition"])
        paper.choices("", "", [_question(sheet, Medium.RECOGNITION)], boxes)
    if told := words.get("information"):
        paper.heading(told["heading"])
        paper.paragraph(told["lead"])
        for part in told["rows"]:
            paper.paragraph(part["title"], size=SMALL_PT, bold=True, after_mm=0)
            paper.paragraph(part["text"], size=SMALL_PT, after_mm=0)
            paper.paragraph(f"{told['why']} {part['basis']}", size=SMALL_PT, after_mm=1.5)
    if sheet.counting != language:
        with paper.speaking(sheet.counting):
            _that_counts(paper, sheet.form.texts[sheet.counting], _WORDS[sheet.counting])
    paper.to_sign(own["sign"], [own["name"], own["date"], own["signature"]])
    day = day_in(local_day(sheet.form.made_at), language)
    paper.paragraph(own["version"].format(version=sheet.form.version, day=day), size=SMALL_PT)


def _that_counts(paper: PaperByHand, words: Mapping[str, Any], own: Mapping[str, str]) -> None:
    """What must be known before choosing, in the language that counts (R11)."""
    paper.heading(own["that_counts"])
    _parts(paper, words["notice"])
    for _channel, texts in _channels(words):
        if texts["media"]:
            _parts(paper, [{"heading": texts["name"], "text": _said(texts, "nl")}])
    _parts(paper, words["recognition"])


def _parts(paper: PaperByHand, parts: Sequence[Mapping[str, str]]) -> None:
    for part in parts:
        paper.paragraph(part["heading"], size=SMALL_PT, bold=True, after_mm=0)
        paper.paragraph(part["text"], size=SMALL_PT, after_mm=1.5)


_SAID = ("example", "audience", "receiver", "kept")


def _said(texts: Mapping[str, str], language: str) -> str:
    said = " ".join(texts[key] for key in _SAID if texts.get(key))
    # What the school has not written in this language is Dutch, and runs its own way.
    return notices.apart(said, language) if "language" in texts else said


def _channels(words: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return sorted(words["channels"].items(), key=lambda pair: int(pair[0]))


def _question(sheet: Sheet, medium: Medium) -> Question:
    asked = _asked(sheet, medium, sheet.row.language)
    if sheet.counting == sheet.row.language:
        return Question(asked)
    return Question(asked, _asked(sheet, medium, sheet.counting), sheet.counting)


def _asked(sheet: Sheet, medium: Medium, language: str) -> str:
    texts = sheet.form.texts[language]["media"][medium.value]
    name = notices.apart(sheet.person.given_name, language)
    return str(texts["own_question" if sheet.own else "question"]).replace("{name}", name)
