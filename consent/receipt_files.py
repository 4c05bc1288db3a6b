"""The files of a receipt: the signed record, and the paper with that record inside (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from consent.receipt_paper import paper_of
from consent.receipt_record import Record, record_of
from consent.tables import DecisionRow
from core import signing
from core.config import Config
from core.errors import N_
from core.mail import Attachment
from core.signing import NotSigned, Signer

WHAT = "receipt"
_BEGIN = b'{"receipt":'
_PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Checked:
    """A receipt whose every byte is as it was signed, and the public key that signed it."""

    record: Record
    public: bytes


def files_of(
    session: Session, rows: Sequence[DecisionRow], config: Config
) -> tuple[Attachment, Attachment]:
    """The paper and the record of what was decided at one moment."""
    record = record_of(session, rows, config.base_url)
    signer = Signer.of(config)
    signed = signer.sign(WHAT, record)
    paper = signer.sign_file(paper_of(record, signed, signer.public))
    name = f"beeldpoort-{rows[0].at:%Y-%m-%d}-{rows[0].id}"
    return (
        Attachment(f"{name}.pdf", "application/pdf", paper),
        Attachment(f"{name}.json", "application/ld+json", signed),
    )


def attached(session: Session, what: dict[str, Any], config: Config) -> Sequence[Attachment]:
    """What goes with the mail of a receipt; made when it is sent."""
    ids = what.get(WHAT, [])
    rows = session.exec(
        select(DecisionRow).where(col(DecisionRow.id).in_(ids)).order_by(col(DecisionRow.id))
    ).all()
    return files_of(session, rows, config) if rows else ()


def checked(data: bytes) -> Checked:
    """What a receipt says, from either of its files; raises NotSigned when a byte was changed."""
    if not data.startswith(_PDF):
        found = signing.opened(WHAT, data)
        return Checked(found.value, found.public)
    paper = signing.opened_file(data)
    start = paper.value.find(_BEGIN)
    end = paper.value.find(b"endstream", start)
    found = signing.opened(WHAT, paper.value[start:end].removesuffix(b"\n"))
    if start < 0 or found.public != paper.public:
        raise NotSigned(N_("This is not what was signed: it was changed, or damaged."))
    return Checked(found.value, found.public)
