"""Walking every route of the application: what each test of the doors is made of.

The walkers take an application and say what is wrong with it, so that the same code that finds
nothing in the product finds a route that was planted to be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.routing import IntegerConverter, Rule

from consent import evidence, paper_codes
from consent.guards import guard_of
from consent.model import Medium, PersonKind
from consent.people import By
from consent.tables import (
    STAFF,
    Account,
    Activity,
    DecisionRow,
    FormVersion,
    Group,
    PaperForm,
    Role,
)
from core.clock import local_day, now
from core.tables import Closure, Unsettled
from core.web import open_endpoints
from media import asks, resumable
from media.states import Identity
from media.tables import Item, Publication
from tests.journeys.patterns import WIDTH
from tests.make import sign_in
from tests.web.out import Story

_PART = re.compile(r"<(?:[^:<>]+:)?(\w+)>")

SECURITY_HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Cache-Control",
)


@dataclass
class Side:
    """One school with one of everything that an address can name."""

    story: Story
    publication: Publication
    item: Item
    appearance_id: int
    post_id: int
    group: Group
    form_id: int
    decision_id: int
    unsettled_id: int
    upload_token: str
    visitor_id: int
    evidence_id: int
    paper_id: int
    asking_id: int

    @classmethod
    def of(cls, story: Story) -> Side:
        """A published photo of all three pupils, and what belongs to it."""
        words = {"title": "Pasfoto", "text": "In het dossier.", "basis": "Algemeen belang."}
        told = [{"id": _row_id(story), "words": {"nl": words}}]
        story.change(story.school, recognise="agreed", information=told)
        post, (publication,) = story.published()
        with story.database.read() as session:
            item = session.get_one(Item, publication.item_id)
        copy = story.vault.put(item.school_id, "reviews", story.vault.get(item.original_key))
        story.change(item, review_key=copy.key)
        story.make.decided(
            story.people[0], story.guardians[0], None, form_version=story.form_version
        )
        with story.database.read() as session:
            form = session.exec(
                select(FormVersion.id).where(FormVersion.school_id == story.school.id)
            ).first()
            decision = session.exec(
                select(DecisionRow.id).where(DecisionRow.person_id == story.people[0].id)
            ).first()
        return cls(
            story,
            publication,
            item,
            story.faces(item)[0].id or 0,
            post.id or 0,
            story.make.group(story.school),
            form or 0,
            decision or 0,
            _looked_at(story),
            _begun(story, item),
            *_signed(story),
            _asking(story),
        )


def _row_id(story: Story) -> str:
    """What names a row of what needs no consent: another one in each school."""
    return f"row{story.school.id}"


def _signed(story: Story) -> tuple[int, int, int]:
    """A visitor, a scan of what the visitor signed, and a paper form of a pupil."""
    school_id, by = story.school.id or 0, story.teacher.id or 0
    visitor = story.make.person(story.school, kind=PersonKind.OTHER, born=None)
    visitor_id = visitor.id or 0
    scans = story.app.extensions["beeldpoort"]["scans"]
    scan = scans.keep(school_id, "scan.pdf", b"%PDF-1.4 %%EOF")
    with story.database.write() as session:
        row = evidence.add(session, school_id, visitor_id, scan, By(by, now()))
        paper = PaperForm(
            school_id=school_id,
            person_id=story.people[0].id or 0,
            code=paper_codes.new(),
            form_version=story.form_version,
            language="nl",
            made_by=by,
            made_at=now(),
        )
        session.add(paper)
        session.flush()
        return visitor_id, row.id or 0, paper.id or 0


def _looked_at(story: Story) -> int:
    """Something that somebody had to look at after a restore of long ago."""
    moment = now()
    school_id = story.school.id or 0
    closure = Closure(
        school_id=school_id,
        why="restored",
        closed_at=moment,
        backup_at=moment,
        backup_seq=0,
        backup_hash="0" * 64,
        known_until=moment,
        opened_at=moment,
    )
    with story.database.write() as session:
        session.add(closure)
        session.flush()
        row = Unsettled(
            closure_id=closure.id or 0, school_id=school_id, seq=1, what="person_rules", weighs=True
        )
        session.add(row)
        session.flush()
        return row.id or 0


def _asking(story: Story) -> int:
    """An activity that asks its own consent of the first pupil (R6)."""
    activity = story.make.activity(story.school, story.teacher, [story.people[0]])
    with story.database.write() as session:
        asks.ask(
            session,
            activity.id or 0,
            asked=[(story.website.id, Medium.PHOTO)],
            text="Photos of the sports day.",
            answer_by=local_day(now()),
            by=story.teacher.id or 0,
            now=now(),
        )
    return activity.id or 0


def _begun(story: Story, item: Item) -> str:
    """The token of an upload that the teacher of `story` has begun."""
    with story.database.read() as session:
        activity = session.get_one(Activity, item.activity_id)
    upload = resumable.begin(
        story.database,
        activity,
        name="IMG_1.jpg",
        length=1000,
        max_bytes=1000,
        by=story.teacher.id or 0,
        now=now(),
    )
    return upload.token


# One of everything that a part of an address can name, as (side, endpoint). A route with a part
# that is not here fails the walk: add it, so that the walk knows what another school's one is.
OBJECTS: dict[str, Callable[[Side, str], Any]] = {
    "row_id": lambda side, _endpoint: _row_id(side.story),
    "decision_id": lambda side, _: side.decision_id,
    "account_id": lambda side, endpoint: (
        (
            side.story.guardians[0]
            if endpoint.startswith(("people.", "erasing."))
            else side.story.teacher
        ).id
    ),
    "activity_id": lambda side, endpoint: (
        side.asking_id if endpoint.startswith("own_activity.") else side.item.activity_id
    ),
    "appearance_id": lambda side, _: side.appearance_id,
    "channel_id": lambda side, _: side.story.website.id,
    "evidence_id": lambda side, _: side.evidence_id,
    "face_id": lambda side, _: side.appearance_id,
    "form_id": lambda side, _: side.form_id,
    "group_id": lambda side, _: side.group.id,
    # Of a published photo: as wide as the photos of these tests are, and what they are kept as.
    "width": lambda _side, _endpoint: WIDTH,
    "kind": lambda _side, _endpoint: "avif",
    "language": lambda _side, _endpoint: "ar",
    "item_id": lambda side, _: side.item.id,
    "paper_id": lambda side, _: side.paper_id,
    "person_id": lambda side, endpoint: (
        side.visitor_id
        if endpoint.startswith("recorded.")
        # Who is signed in as a pupil is the third.
        else side.story.people[2 if endpoint.startswith("looking_on.") else 0].id
    ),
    "post_id": lambda side, _: side.post_id,
    "publication_id": lambda side, _: side.publication.id,
    "unsettled_id": lambda side, _: side.unsettled_id,
    # What is no number: needed to make an address, not walked, since it names no row by itself.
    "column": lambda _side, _: "published",
    "filename": lambda _side, _: "css/base.css",
    "sha256": lambda side, _: side.story.file_of(side.publication).sha256,
    "slug": lambda side, _: side.story.website.slug,
    "token": lambda side, endpoint: (
        side.upload_token
        if endpoint.startswith("uploads.")
        else "nothing"
        if endpoint.startswith("accounts.")
        else side.publication.token
    ),
}

# What the form or the link of a page sends along, where the address alone asks for nothing.
SENT: dict[str, Callable[[Side], dict[str, Any]]] = {
    "faces.agree": lambda _side: {"identity": Identity.BYSTANDER.value},
    "faces.set_aside": lambda _side: {"identity": Identity.BYSTANDER.value},
    "faces.name": lambda side: {"person": side.story.people[0].id},
    "guardian.done": lambda side: {"keuze": side.decision_id},
}

# Where an object of another school may be named after all: (endpoint, part) and the reason.
ALLOWED: dict[tuple[str, str], str] = {}


def accounts(story: Story) -> dict[Role, Account]:
    """An account of `story` in each role; the guardian and the pupil have a person of their own."""
    found = {role: story.make.account(story.school, role) for role in STAFF}
    found[Role.TEACHER] = story.teacher
    found[Role.GUARDIAN] = story.guardians[0]
    found[Role.PUPIL] = story.make.account(story.school, Role.PUPIL, person_id=story.people[2].id)
    return found


def rules(app: Flask) -> list[Rule]:
    """Every route of the application, the static files among them."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def address(rule: Rule, side: Side, **others: Any) -> str:
    """The address of a route with the objects of `side`, or `others`; KeyError names a part that
    has no maker in `OBJECTS`."""

    def filled(part: re.Match[str]) -> str:
        name = part.group(1)
        if name in others:
            return str(others[name])
        if name not in OBJECTS:
            raise KeyError(f"{rule.rule}: add a maker for “{name}” to tests/web/doors.py")
        return str(OBJECTS[name](side, rule.endpoint))

    return _PART.sub(filled, re.sub(r"<any\([^)]*\):", "<", rule.rule))


def numbers(rule: Rule) -> list[str]:
    """The parts of a route that are the number of a row."""
    return [
        name
        for name, converter in rule._converters.items()
        if isinstance(converter, IntegerConverter) and name != "width"
    ]


def unguarded(app: Flask) -> list[str]:
    """The endpoints that declare neither a guard nor a reason for being open."""
    reasons = open_endpoints(app)
    return sorted(
        {
            rule.endpoint
            for rule in rules(app)
            if guard_of(app.view_functions[rule.endpoint]) is None
            and not reasons.get(rule.endpoint, "").strip()
        }
    )


def open_to_strangers(app: Flask, side: Side, routes: Sequence[Rule] | None = None) -> list[str]:
    """The routes that answer who is not signed in, without being listed as open."""
    client = app.test_client()
    found = []
    for rule in routes or rules(app):
        if rule.endpoint in open_endpoints(app):
            continue
        for method in methods(rule):
            answer = client.open(address(rule, side), method=method)
            asked = answer.status_code == 302 and answer.headers["Location"].startswith("/inloggen")
            if not asked and answer.status_code != 401:
                found.append(f"{method} {rule.rule}: {answer.status_code}")
    return found


def open_to_wrong_roles(
    app: Flask,
    side: Side,
    users: dict[Role, FlaskClient],
    routes: Sequence[Rule] | None = None,
) -> list[str]:
    """The routes that answer somebody whose role is not in their guard."""
    found = []
    for rule in routes or rules(app):
        guard = guard_of(app.view_functions[rule.endpoint])
        if guard is None:
            continue
        for role in set(Role) - guard:
            for method in methods(rule):
                status = users[role].open(address(rule, side), method=method).status_code
                if status not in {403, 404}:
                    found.append(f"{method} {rule.rule} as {role}: {status}")
    return found


def crossing(
    app: Flask, own: Side, other: dict[str, Any], users: dict[Role, FlaskClient], *, family: bool
) -> list[str]:
    """The routes that answer somebody about an object that is not theirs.

    In each address one part after the other names one of `other`, while the rest is one's own.
    `family` walks only what guardians may use, where `other` is another family's.
    """
    found = []
    for rule in rules(app):
        guard = guard_of(app.view_functions[rule.endpoint])
        if guard is None or (family and Role.GUARDIAN not in guard):
            continue
        for part in numbers(rule):
            if part not in OBJECTS:
                found.append(f"{rule.rule}: no maker for “{part}” in tests/web/doors.py")
                continue
            if part not in other or (rule.endpoint, part) in ALLOWED:
                continue
            asked = address(rule, own, **{part: _value(other[part], rule.endpoint)})
            sent = SENT[rule.endpoint](own) if rule.endpoint in SENT else {}
            found += _not_404(rule, asked, part, sent, {role: users[role] for role in guard})
    return found


def _value(value: Any, endpoint: str) -> Any:
    return value(endpoint) if callable(value) else value


def _not_404(
    rule: Rule, asked: str, part: str, sent: dict[str, Any], users: dict[Role, FlaskClient]
) -> Iterator[str]:
    for role, client in sorted(users.items()):
        for method in methods(rule):
            form = None if method == "GET" else sent
            query = sent if method == "GET" else None
            status = client.open(asked, method=method, data=form, query_string=query).status_code
            if status != 404:
                yield f"{method} {rule.rule} with another’s {part} as {role}: {status}"


def every_number(side: Side) -> dict[str, Any]:
    """Everything of `side` that an address can name by number."""

    def of(name: str) -> Callable[[str], Any]:
        return lambda endpoint: OBJECTS[name](side, endpoint)

    return {name: of(name) for name in OBJECTS if name.endswith("_id")}


def without_headers(answer: Any) -> list[str]:
    """The security headers that an answer lacks."""
    return [name for name in SECURITY_HEADERS if name not in answer.headers]


def inline(html: str) -> list[str]:
    """What a strict Content-Security-Policy would not run or apply: inline styles and scripts."""
    page = BeautifulSoup(html, "html.parser")
    found = [str(tag)[:80] for tag in page.find_all("style")]
    found += [str(tag)[:80] for tag in page.find_all("script") if not tag.get("src")]
    for tag in page.find_all(True):
        found += [f"<{tag.name} {name}>" for name in tag.attrs if name == "style"]
        found += [f"<{tag.name} {name}>" for name in tag.attrs if name.startswith(("on", "hx-on"))]
        for name in ("href", "src", "action", "formaction"):
            if str(tag.get(name, "")).strip().lower().startswith("javascript:"):
                found.append(f"<{tag.name} {name}=javascript:>")
    return found


def browsers(app: Flask, people: dict[Role, Account]) -> dict[Role, FlaskClient]:
    """A browser per role, signed in."""
    found = {}
    for role, account in people.items():
        client = app.test_client()
        sign_in(client, account)
        found[role] = client
    return found
