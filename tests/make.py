"""A maker of what tests need: small, real rows, each committed as a use case would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session, select

from consent.model import Answer, Audience, Capacity, Medium, OnRefusal, PersonKind
from consent.tables import (
    Account,
    AccountRole,
    Activity,
    ActivityGroup,
    Attendance,
    Channel,
    DecisionRow,
    FormVersion,
    Group,
    Guardianship,
    Person,
    ProtocolRead,
    Role,
    School,
)
from core.clock import now
from core.db import Database

LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BORN = date(2017, 3, 14)  # nine years old: guardians decide
PROTOCOL = "1"


class Maker:
    """Makes rows; whatever is not said gets a plain value. Attributes hold the usual school."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _add(self, *rows: Any) -> None:
        with self.database.write() as session:
            session.add_all(rows)

    def school(self, **fields: Any) -> School:
        number = self._next()
        values: dict[str, Any] = {
            "name": f"School {number}",
            "contact": "office@school.example",
            "privacy_contact": "privacy@school.example",
            "protocol_version": PROTOCOL,
            "protocol_text": "What we agreed on pictures.",
            "protocol_approved_by": "MR",
            "protocol_date": date(2026, 1, 1),
            "created_at": LONG_AGO,
        } | fields
        school = School(**values)
        self._add(school)
        self._add(
            FormVersion(
                school_id=school.id or 0,
                version=1,
                texts={"nl": {}, "en": {}},
                sha256="0" * 64,
                material=True,
                made_at=LONG_AGO,
            )
        )
        return school

    def channel(self, school: School, slug: str = "website", **fields: Any) -> Channel:
        words = {
            "name": {"website": "website", "besloten": "besloten galerij"}.get(slug, slug),
            "example": "A photo of the sports day.",
            "audience": "Everybody can see it.",
        }
        values: dict[str, Any] = {
            "school_id": school.id,
            "slug": slug,
            "audience": Audience.CLOSED if slug == "besloten" else Audience.PUBLIC,
            "on_refusal": OnRefusal.HIDE,
            "media": [Medium.PHOTO.value, Medium.NAME.value],
            "words": {"nl": words, "en": words},
            "opened_at": LONG_AGO,
        } | fields
        channel = Channel(**values)
        self._add(channel)
        return channel

    def account(self, school: School, *roles: Role, **fields: Any) -> Account:
        number = self._next()
        values: dict[str, Any] = {
            "email": f"account{number}@school.example",
            "name": f"Account {number}",
            "created_at": LONG_AGO,
        } | fields
        account = Account(**values)
        self._add(account)
        assert account.id is not None and school.id is not None
        self._add(
            *(
                AccountRole(account_id=account.id, school_id=school.id, role=role.value)
                for role in roles
            )
        )
        if set(roles) & {Role.TEACHER, Role.COMMUNICATIONS}:
            self._add(
                ProtocolRead(
                    account_id=account.id, school_id=school.id, version=PROTOCOL, at=LONG_AGO
                )
            )
        return account

    def group(self, school: School, name: str = "groep 5") -> Group:
        group = Group(school_id=school.id or 0, name=name)
        self._add(group)
        return group

    def person(self, school: School, group: Group | None = None, **fields: Any) -> Person:
        number = self._next()
        values: dict[str, Any] = {
            "school_id": school.id,
            "kind": PersonKind.PUPIL,
            "given_name": f"Kind{number}",
            "family_name": "van Test",
            "born": BORN,
            "group_id": group.id if group else None,
        } | fields
        person = Person(**values)
        self._add(person)
        return person

    def guardian(self, person: Person, *, authority: bool = True, **fields: Any) -> Account:
        """A guardian's account, linked to `person`."""
        with self.database.read() as session:
            school = session.get_one(School, person.school_id)
        account = self.account(school, Role.GUARDIAN, **fields)
        self.link(account, person, authority=authority)
        return account

    def link(self, account: Account, person: Person, *, authority: bool = True) -> None:
        self._add(
            Guardianship(
                account_id=account.id or 0,
                person_id=person.id or 0,
                school_id=person.school_id,
                authority_from=LONG_AGO if authority else None,
            )
        )

    def decided(
        self,
        person: Person,
        account: Account,
        channel: Channel | None,
        answer: Answer = Answer.YES,
        **fields: Any,
    ) -> DecisionRow:
        """An answer that is already in the registry; later ones go through `registry.decide`."""
        values: dict[str, Any] = {
            "school_id": person.school_id,
            "person_id": person.id,
            "channel_id": channel.id if channel else None,
            "medium": Medium.PHOTO if channel else Medium.RECOGNITION,
            "answer": answer,
            "account_id": account.id,
            "capacity": Capacity.GUARDIAN,
            "form_version": 1,
            "language": "nl",
            "at": now(),
        } | fields
        row = DecisionRow(**values)
        self._add(row)
        return row

    def activity(
        self, school: School, teacher: Account, attended: list[Person], **fields: Any
    ) -> Activity:
        values: dict[str, Any] = {
            "school_id": school.id,
            "name": "Sportdag",
            "day": date(2026, 6, 3),
            "made_by": teacher.id,
            "made_at": LONG_AGO,
        } | fields
        activity = Activity(**values)
        self._add(activity)
        groups = {person.group_id for person in attended if person.group_id is not None}
        assert activity.id is not None
        self._add(
            *(ActivityGroup(activity_id=activity.id, group_id=group) for group in groups),
            *(Attendance(activity_id=activity.id, person_id=person.id or 0) for person in attended),
        )
        return activity

    def latest(self, table: type[Any]) -> Any:
        """The row of `table` that was made last."""
        with self.database.read() as session:
            return session.exec(select(table).order_by(table.id.desc())).first()

    def session(self) -> Session:
        """A session for looking; the caller closes it."""
        return self.database.reader()


def sign_in(client: FlaskClient, account: Account) -> None:
    """Sign `account` in on `client`, as its session cookie would."""
    with client.session_transaction() as session:
        session["_user_id"] = f"{account.id}:{account.session_epoch}"
        session["_fresh"] = True
