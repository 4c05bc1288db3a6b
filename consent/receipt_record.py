"""A receipt as a record that machines read: ISO/IEC TS 27560, in the words of the W3C community
group's guide to it (Data Privacy Vocabulary; see docs/decisions/0021).

Everything that the paper says stands in here, so that one signature covers both. Made from what
is recorded and from nothing else: asked for again, it comes out the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from consent import notices
from consent.model import Answer, Medium
from consent.receipt_words import WORDS
from consent.tables import Account, Activity, Channel, DecisionRow, FormVersion, Person, School

GUIDE = "https://w3id.org/dpv/schema/dpv-27560#"
_CONTEXT = {
    "bp": "urn:beeldpoort:",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    "schema": "https://schema.org/",
}
# A name of ours for whatever has a number in one installation.
_NAMESPACE = uuid.UUID("5f4d3a52-93c1-5c0e-9a40-0d8b0f5c7f10")
_DATA = {
    Medium.PHOTO: "pd:Picture",
    Medium.VIDEO: "pd:Video",
    Medium.SOUND: "pd:Voice",
    Medium.NAME: "pd:Name",
    Medium.AI_IMAGE: "pd:Picture",
    Medium.RECOGNITION: "pd:FacialPrint",
}

Record = dict[str, Any]


def record_of(session: Session, rows: Sequence[DecisionRow], base_url: str) -> Record:
    """The receipt of what one account decided about one person at one moment."""
    first = rows[0]
    account = session.get_one(Account, first.account_id)
    person = session.get_one(Person, first.person_id)
    school = session.get_one(School, first.school_id)
    form = notices.numbered(session, first.school_id, first.form_version)
    language = account.language if account.language in WORDS else "nl"
    place = base_url or f"school {school.id}"

    def name(kind: str, number: int | None) -> str:
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{place} {kind} {number}')}"

    controller: Record = {
        "@id": name("school", school.id),
        "@type": ["dpv:DataController", "schema:School"],
        "dpv:hasContact": [school.contact, school.privacy_contact],
        "dpv:hasIdentifier": name("school", school.id),
        "dpv:hasName": school.name,
    }
    subject = {
        "@id": name("person", person.id),
        "@type": "dpv:DataSubject",
        "dpv:hasIdentifier": name("person", person.id),
        "dpv:hasName": person.full_name,
    }
    decider = {
        "@id": name("account", account.id),
        "@type": "dpv:DataSubject" if account.person_id == person.id else "dpv:Representative",
        "bp:capacity": first.capacity,
        "dpv:hasIdentifier": name("account", account.id),
        "dpv:hasName": account.name,
    }
    record: Record = {
        "@context": _CONTEXT,
        "@id": name("receipt", min(row.id or 0 for row in rows)),
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": f"{GUIDE}receipt",
        "dct:created": first.at.isoformat(),
        "dct:identifier": name("receipt", min(row.id or 0 for row in rows)),
        "dct:language": language,
        "dct:publisher": controller,
        "dpv:hasDataSubject": subject,
        "dpv:hasRecordOfActivity": [],
        "schema:recipient": decider,
        "schema:url": base_url,
    }
    for row in rows:
        record["dpv:hasRecordOfActivity"].append(
            {
                "@id": name("decision", row.id),
                "@type": "dpv:ConsentRecord",
                "dct:conformsTo": f"{GUIDE}record",
                "dct:identifier": name("decision", row.id),
                "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
                "dpv:hasConsentControl": {
                    "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
                    "dpv:isExercisedAt": base_url or school.contact,
                },
                "dpv:hasConsentStatus": _status(session, row, decider["@id"]),
                "dpv:hasDataController": {"@id": controller["@id"]},
                "dpv:hasDataSubject": {"@id": subject["@id"]},
                "dpv:hasJurisdiction": "loc:EU",
                "dpv:hasNotice": _notice(row, form),
                "dpv:hasProcess": _process(session, row, form, language, controller["@id"]),
                "dpv:hasRight": {
                    "@type": ["dpv:DataSubjectRight", "eu-gdpr:A7-3"],
                    "dpv:isExercisedAt": base_url or school.contact,
                },
            }
        )
    return record


def _status(session: Session, row: DecisionRow, decider: str) -> Record:
    if row.answer == Answer.YES:
        state = "dpv:ConsentGiven"
    else:
        state = "dpv:ConsentWithdrawn" if _said_yes_before(session, row) else "dpv:ConsentRefused"
    return {
        "@type": state,
        "bp:answer": row.answer,
        "dpv:hasIndicationMethod": "form",
        "dpv:isIndicatedAtTime": row.at.isoformat(),
        "dpv:isIndicatedBy": {"@id": decider},
    }


def _said_yes_before(session: Session, row: DecisionRow) -> bool:
    same = [
        getattr(DecisionRow, key) == getattr(row, key)
        for key in ("person_id", "account_id", "channel_id", "medium", "activity_id")
    ]
    last = session.exec(
        select(DecisionRow)
        .where(*same, col(DecisionRow.id) < row.id)
        .order_by(col(DecisionRow.id).desc())
        .limit(1)
    ).first()
    return last is not None and last.answer == Answer.YES


def _notice(row: DecisionRow, form: FormVersion | None) -> Record:
    found: Record = {
        "@type": "dpv:ConsentNotice",
        "dct:hasVersion": str(row.form_version),
        "dct:language": row.language,
    }
    if form is not None:
        found |= {"bp:sha256": form.sha256, "dct:date": form.made_at.isoformat()}
    return found


def _process(
    session: Session, row: DecisionRow, form: FormVersion | None, language: str, school: str
) -> Record:
    """What the answer is about: where, what kind, who receives it, how long (R5, R11)."""
    words = WORDS[language]
    called = notices.called(session.get_one(School, row.school_id), language)
    medium = Medium(row.medium)
    label = notices.medium_label(medium, language)
    channel = session.get(Channel, row.channel_id) if row.channel_id is not None else None
    activity = session.get(Activity, row.activity_id) if row.activity_id is not None else None
    shown = notices.words_in(form, language) if form is not None else {}
    texts = shown.get("channels", {}).get(str(row.channel_id), {})
    place = str(texts.get("name") or (channel.word("name", language) if channel else ""))
    recipients: list[Any] = [{"@id": school}]
    if channel is not None:
        audience = texts.get("audience") or channel.word("audience", language)
        recipients.append({"@type": "dpv:Recipient", "dpv:hasName": str(audience)})
        if texts.get("receiver"):
            recipients.append({"@type": "dpv:DataProcessor", "dpv:hasName": texts["receiver"]})
    process: Record = {
        "@type": "dpv:Process",
        "bp:medium": medium.value,
        "bp:place": place,
        "dct:title": label,
        "dpv:hasLegalBasis": (
            "eu-gdpr:A9-2-a" if medium is Medium.RECOGNITION else "eu-gdpr:A6-1-a"
        ),
        "dpv:hasPersonalData": _DATA[medium],
        "dpv:hasProcessing": (
            ["dpv:Collect", "dpv:Store", "dpv:Match"]
            if medium is Medium.RECOGNITION
            else ["dpv:Collect", "dpv:Store", "dpv:Disclose"]
        ),
        "dpv:hasPurpose": {"@type": "dpv:Purpose", "dct:title": words["purpose"].format(**called)},
        "dpv:hasRecipient": recipients,
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageDuration",
            "dct:description": str(texts.get("kept") or words["kept"]),
        },
    }
    if activity is not None:
        process["bp:activity"] = activity.name
    return process
