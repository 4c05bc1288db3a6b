"""What the school of the present page calls itself and its pupils: a setting, as far as what
parents and pupils read needs it. Texts hold marks such as `{the_school}`; `core.i18n` fills them
in from here, in the forms of `form.<language>.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from consent import notices
from consent.guards import SignedIn
from consent.model import Organisation, PupilWord
from consent.tables import School
from core.web import reading

_USUAL = (Organisation.SCHOOL.value, PupilWord.PUPIL.value)


def speak_for(school: School) -> None:
    """From here on the page is about a person of this school, whatever others the account has."""
    g.spoken_for = (school.organisation_word, school.pupil_word)


def words_of_page(code: str) -> Mapping[str, str]:
    """The words in a language; the usual ones where no school is known, or can be asked for."""
    if has_request_context() and "spoken_for" not in g:
        try:
            school = _school()
        except SQLAlchemyError:  # the page that says so needs words too
            school = None
        if school is not None:
            speak_for(school)
    known = has_request_context() and "spoken_for" in g
    organisation, pupil = g.spoken_for if known else _USUAL
    return notices.called_as(organisation, pupil, code)


def _school() -> School | None:
    user = current_user._get_current_object()
    if isinstance(user, SignedIn):
        return reading().get(School, user.school_id) if user.roles else None
    return reading().exec(select(School).order_by(col(School.id))).first()
