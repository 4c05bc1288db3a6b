"""What doing a log again needs: what it has touched so far, and what is left for a person.

A log holds ids and codes, no names and no texts (R29). What these can bring back is brought back
exactly: answers, authority, roles, rules. What they cannot (a birthday, the words of a form) is
left to a person, in the list that `Replaying` keeps. An account that was lost comes back as an
empty one that nobody can sign in to, so that its no still counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from consent.tables import Account, Person
from core.tables import LogEntry


class Left(StrEnum):
    """What ids and codes could not bring back; in words in `media.recovery_words`."""

    PERSON_RULES = "person_rules"
    PERSON_LOST = "person_lost"
    PERSON_TEXT = "person_text"
    ACCOUNT_LOST = "account_lost"
    PASSWORD = "password"  # noqa: S105 - a code, no password
    CHANNEL_LOST = "channel_lost"
    WORDS = "words"
    SCHOOL_TEXT = "school_text"
    ANSWER_LOST = "answer_lost"
    ACTIVITY = "activity"
    PHOTO_LOST = "photo_lost"
    PICTURE = "picture"
    FACE_LOST = "face_lost"
    AGREEMENT = "agreement"
    OFFER = "offer"
    POST_TEXT = "post_text"
    TEMPLATE = "template"
    SCAN_LOST = "scan_lost"
    UNKNOWN = "unknown"


# What may bear on who is shown and for what nothing safe could be put in its place.
WEIGHS = frozenset({Left.PERSON_RULES, Left.WORDS, Left.UNKNOWN})


@dataclass
class Replaying:
    """One school's log being replayed: what it has touched, and what is left for a person.

    `people` and `items` are those of the present entry; `unsure` are people of whom the log does
    not say what holds since.
    """

    session: Session
    school_id: int
    now: datetime
    people: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    left: list[tuple[int, Left]] = field(default_factory=list)
    lost_faces: dict[int, LogEntry] = field(default_factory=dict)
    # By the number of an answer: the later entry that says that it was entered from a paper.
    on_paper: dict[int, LogEntry] = field(default_factory=dict)
    new_form: bool = False

    def leave(self, entry: LogEntry, what: Left) -> None:
        """A person has to see to this entry."""
        self.left.append((entry.seq, what))

    def person(self, row_id: object) -> Person | None:
        found = self.session.get(Person, row_id)
        return found if found is not None and found.school_id == self.school_id else None

    def account(self, entry: LogEntry, row_id: int) -> Account:
        """The account with that number; an empty one in the place of one that was lost."""
        found = self.session.get(Account, row_id)
        if found is None:
            found = Account(
                id=row_id,
                # No address has this ending (RFC 2606), so no letter and no sign-in finds it.
                email=f"account-{row_id}@restored.invalid",
                name=f"Account {row_id}",
                created_at=self.now,
                closed_at=self.now,
            )
            self.session.add(found)
            self.session.flush()
            self.leave(entry, Left.ACCOUNT_LOST)
        return found

    def is_lost(self, account: Account) -> bool:
        """Whether it stands in for one that was lost."""
        return account.email.endswith("@restored.invalid")


Handler = Callable[[Replaying, LogEntry], None]


def nothing(_replaying: Replaying, _entry: LogEntry) -> None:
    """The entry has changed nothing that a backup holds."""


def leaves(what: Left) -> Handler:
    """The entry cannot be done again: a person is told."""

    def handler(replaying: Replaying, entry: LogEntry) -> None:
        replaying.leave(entry, what)

    return handler
