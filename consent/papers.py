"""Forms on paper: printed with a code, and entered by staff when they come back signed (R8, R9).

The answers are those of whoever signed; that staff entered them, and from which scan, is kept with
them. They count from the moment of entry (R4), so what was answered on screen since the signature
is newer than the paper and stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from consent import (
    evidence,
    forms,
    notices,
    paper_codes,
    paper_form,
    registry,
    releases,
)
from consent.deciders import Part, Relation, child_of, own_answers
from consent.evidence import Kept
from consent.forms import Asked
from consent.model import Answer, PersonKind
from consent.paper_form import Sheet
from consent.people import By
from consent.registry import Entered, OnChange
from consent.tables import (
    Account,
    Channel,
    DecisionRow,
    Guardianship,
    PaperForm,
    Person,
    School,
)
from core import log
from core.clock import LOCAL
from core.errors import N_, BadInput, Conflict, NotFound
from core.log import Event


class AnsweredSince(Conflict):
    """Rows were answered on screen on the day of the signature or later: `rows`."""

    def __init__(self, rows: Sequence[Asked]) -> None:
        super().__init__(
            N_(
                "Some rows were answered on screen on the day of the signature or later. That is"
                " newer than the paper and stands; those rows were left open below. Save again to"
                " enter the others."
            )
        )
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands on a paper besides the crosses."""

    account: int
    day: date
    scan: Kept | None


def make(session: Session, people: Sequence[Person], language: str | None, by: By) -> list[Sheet]:
    """New paper forms, each in `language` or in that of who decides; raises BadInput for none."""
    if not people:
        raise BadInput(N_("Everybody in this group has answered. There is nothing to print."))
    return [_sheet(session, person, language, by) for person in people]


def by_code(session: Session, school_id: int, text: str) -> PaperForm:
    """The paper with that code; raises WrongCode, and NotFound when no form of this school has
    it."""
    code = paper_codes.read(text)
    row = session.exec(
        select(PaperForm).where(PaperForm.code == code, PaperForm.school_id == school_id)
    ).first()
    if row is None:
        raise NotFound(
            N_("No paper form of this school has the code %(code)s. Compare it with the paper."),
            code=paper_codes.shown(code),
        )
    return row


def signers(session: Session, person_id: int, moment: datetime) -> list[tuple[Account, Relation]]:
    """Who may sign for this person now: guardians with authority, or a pupil of 16 or older."""
    accounts = session.exec(
        select(Account)
        .join(Guardianship, col(Guardianship.account_id) == Account.id, isouter=True)
        .where((Guardianship.person_id == person_id) | (Account.person_id == person_id))
        .distinct()
        .order_by(col(Account.id))
    ).all()
    found = []
    for account in accounts:
        try:
            relation = child_of(session, account.id or 0, person_id, moment)
        except NotFound:
            continue
        if relation.part is Part.DECIDES:
            found.append((account, relation))
    return found


def rows_of(session: Session, row: PaperForm) -> list[Asked]:
    """What the paper asks and the school still does."""
    form = registry.form_of(session, row.school_id, row.form_version)
    school = session.get_one(School, row.school_id)
    asked = set(forms.channel_rows(forms.open_channels(session, row.school_id)))
    asked |= set(forms.recognition_rows(school))
    return [one for one in paper_form.rows_of(form, row.language) if one in asked]


def is_outdated(session: Session, row: PaperForm) -> bool:
    """Whether what the paper says has materially changed since (R10)."""
    return bool(_outdated(session, row))


def enter(
    session: Session,
    row: PaperForm,
    answers: Mapping[Asked, Answer],
    signed: Signed,
    *,
    by: By,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record what stands on a paper, for whoever signed it.

    Raises Conflict when it was entered before, AnsweredSince, and BadInput when nothing is ticked,
    the day cannot be right, who signed does not decide, or a yes has no scan or an old text.
    """
    if row.used_at is not None:
        raise Conflict(N_("This paper was entered already. To change something, print a new form."))
    relation = _signer(session, row, signed, by)
    if not answers:
        raise BadInput(N_("Nothing is ticked yet. Enter the crosses of the paper."))
    _check_yes(session, row, answers, signed)
    newer = _answered_since(session, relation, answers, signed.day)
    if newer:
        raise AnsweredSince(newer)
    scan = None
    if signed.scan is not None:
        scan = evidence.add(session, row.school_id, row.person_id, signed.scan, by).id
    form = registry.form_of(session, row.school_id, row.form_version)
    rows = registry.decide(
        session,
        school_id=row.school_id,
        person_id=row.person_id,
        answers=answers,
        by=signed.account,
        capacity=relation.capacity,
        form_version=row.form_version,
        language=releases.that_counted(session, form, row.language, row.made_at),
        now=by.at,
        after=after,
        base_url=base_url,
        entered=Entered(by.account, scan, signed_on=signed.day),
    )
    row.used_at, row.used_by = by.at, by.account
    session.flush()
    _log(
        session,
        Event.PAPER_ENTERED,
        row,
        by,
        account=signed.account,
        evidence=scan,
        decisions=[one.id for one in rows if one.id is not None],
    )
    return rows


def _sheet(session: Session, person: Person, language: str | None, by: By) -> Sheet:
    form = notices.current_form(session, person.school_id)
    if form is None or person.kind != PersonKind.PUPIL:
        raise BadInput(N_("A form on paper can be printed for a pupil only."))
    deciding = signers(session, person.id or 0, by.at)
    spoken = language or next((account.language for account, _ in deciding), "nl")
    if spoken not in paper_form.languages(form):
        spoken = "nl"
    row = PaperForm(
        school_id=person.school_id,
        person_id=person.id or 0,
        code=paper_codes.new(),
        form_version=form.version,
        language=spoken,
        made_by=by.account,
        made_at=by.at,
    )
    session.add(row)
    session.flush()
    _log(session, Event.PAPER_PRINTED, row, by, version=form.version)
    own = any(relation.own for _, relation in deciding)
    counting = releases.that_counts(session, form, spoken)
    return Sheet(row, form, person, session.get_one(School, person.school_id), counting, own)


def _signer(session: Session, row: PaperForm, signed: Signed, by: By) -> Relation:
    today = by.at.astimezone(LOCAL).date()
    if not row.made_at.astimezone(LOCAL).date() <= signed.day <= today:
        raise BadInput(
            N_("The day of the signature lies between the day of printing, %(first)s, and today."),
            first=row.made_at.astimezone(LOCAL).date().isoformat(),
        )
    for account, relation in signers(session, row.person_id, by.at):
        if account.id == signed.account:
            return relation
    raise BadInput(N_("Choose who signed from the list: only they decide now."))


def _check_yes(
    session: Session, row: PaperForm, answers: Mapping[Asked, Answer], signed: Signed
) -> None:
    yes = {asked for asked, answer in answers.items() if answer is Answer.YES}
    if yes and signed.scan is None:
        raise BadInput(
            N_("For a yes a scan or photo of what was signed is needed. A no needs none.")
        )
    if yes & _outdated(session, row):
        raise BadInput(
            N_(
                "The text of the form has changed since this paper was printed, so a yes on it"
                " allows nothing. Enter only what is no, and print a new form for the rest."
            )
        )


def _outdated(session: Session, row: PaperForm) -> set[Asked]:
    school = session.get_one(School, row.school_id)
    found: set[Asked] = set()
    for asked in rows_of(session, row):
        channel = session.get_one(Channel, asked[0]) if asked[0] is not None else school
        if channel.material_version > row.form_version:
            found.add(asked)
    return found


def _answered_since(
    session: Session, relation: Relation, answers: Mapping[Asked, Answer], day: date
) -> list[Asked]:
    """What this account's side answered on that day or later: which of the two came first that day
    nobody can tell."""
    given = own_answers(session, relation)
    return [
        asked
        for asked in answers
        if (last := given.get((*asked, None))) is not None
        and last.at.astimezone(LOCAL).date() >= day
    ]


def _log(session: Session, event: Event, row: PaperForm, by: By, **more: log.Value) -> None:
    log.append(
        session,
        event,
        school_id=row.school_id,
        actor_id=by.account,
        at=by.at,
        person=row.person_id,
        paper=row.id,
        **more,
    )
