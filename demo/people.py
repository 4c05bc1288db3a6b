"""Who is in the demonstration school: all of them made up, and named so that it shows.

The family names mean "example", "invented", "pretend" and the like. Every kind of answer is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consent.tables import Role

SCHOOL = "Basisschool De Regenboog (demonstratie)"
DOMAIN = "regenboog.example"
GROUPS = ("Groep 4", "Groep 6", "Groep 8")
# A pupil of group 4 turns eight in the school year, one of group 6 ten, one of group 8 twelve.
AGES = (7, 9, 11)


class Choice(StrEnum):
    """What a guardian answers about a child."""

    EVERYTHING = "everything"  # photos on both channels, names nowhere
    EVERYTHING_AND_NAME = "everything_and_name"
    RECOGNITION = "recognition"  # as EVERYTHING, and recognition
    CLOSED_ONLY = "closed_only"  # the closed page yes, the website no
    NOTHING = "nothing"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Guardian:
    """A parent or carer. `choice` is for each child; without authority nothing is asked."""

    given_name: str
    family_name: str
    choice: Choice = Choice.EVERYTHING
    authority: bool = True
    opened: bool = True  # whether the invitation was followed
    language: str = "nl"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Family:
    """Children of one family name, each as (given name, number of the group)."""

    family_name: str
    children: tuple[tuple[str, int], ...]
    guardians: tuple[Guardian, ...]


@dataclass(frozen=True)
class Staff:
    """A member of staff: `key` is how the demonstration refers to the account."""

    key: str
    given_name: str
    family_name: str
    roles: tuple[Role, ...]


STAFF = (
    Staff("administrator", "Ada", "Voorbeeld", (Role.ADMINISTRATOR,)),
    Staff("teacher", "Sanne", "Verzonnen", (Role.TEACHER,)),
    Staff("teacher_2", "Bart", "van Demo", (Role.TEACHER,)),
    Staff("communications", "Fleur", "de Proef", (Role.COMMUNICATIONS,)),
    Staff("supervisor", "Karim", "Zogenaamd", (Role.SUPERVISOR,)),
    Staff("privacy_officer", "Wilma", "Fictief", (Role.PRIVACY_OFFICER,)),
)

# The first families are those of the demonstration's story (demo.story).
FAMILIES = (
    Family(
        "Voorbeeld",
        (("Emma", 1), ("Luuk", 0)),
        (Guardian("Marieke", "Voorbeeld"),),
    ),
    Family(
        "Verzonnen",
        (("Daan", 1),),
        (Guardian("Jeroen", "Verzonnen", Choice.CLOSED_ONLY),),
    ),
    Family(
        "van Demo",
        (("Sofie", 1),),
        (Guardian("Ilse", "van Demo"), Guardian("Ruben", "van Demo", Choice.NOTHING)),
    ),
    Family(
        "Fictief",
        (("Noor", 1),),
        (Guardian("Sara", "Fictief", Choice.UNANSWERED),),
    ),
    Family(
        "de Proef",
        (("Sem", 1), ("Tess", 2)),
        (Guardian("Anouk", "de Proef", Choice.EVERYTHING_AND_NAME),),
    ),
    Family(
        "Zogenaamd",
        (("Amira", 1), ("Yusuf", 2)),
        (
            Guardian("Fatima", "Zogenaamd", Choice.RECOGNITION),
            Guardian("Omar", "Zogenaamd", Choice.RECOGNITION),
        ),
    ),
    Family(
        "Denkbeeldig",
        (("Finn", 1),),
        (
            Guardian("Eline", "Denkbeeldig", Choice.RECOGNITION),
            Guardian("Tom", "Denkbeeldig", authority=False),
        ),
    ),
    Family(
        "Pretend",
        (("Olivia", 1),),
        (Guardian("Grace", "Pretend", Choice.UNANSWERED, opened=False, language="en"),),
    ),
    Family("Nergens", (("Milan", 1), ("Lotte", 0)), (Guardian("Petra", "Nergens"),)),
    Family("Zomaar", (("Julia", 1),), (Guardian("Hugo", "Zomaar", Choice.NOTHING),)),
    Family("Niemand", (("Levi", 1), ("Zoë", 2)), (Guardian("Kim", "Niemand"),)),
    Family("van Papier", (("Mila", 1),), (Guardian("Bas", "van Papier"),)),
    Family("Schijn", (("Thijs", 1), ("Evi", 0)), (Guardian("Nienke", "Schijn"),)),
    Family("Bedacht", (("Sara", 0),), (Guardian("Laura", "Bedacht", Choice.CLOSED_ONLY),)),
    Family("Verbeeld", (("Adam", 0), ("Liv", 2)), (Guardian("Youssef", "Verbeeld"),)),
    Family("van Fabel", (("Noah", 0),), (Guardian("Inge", "van Fabel"),)),
    Family("Sprookje", (("Fenna", 0),), (Guardian("Wouter", "Sprookje", Choice.UNANSWERED),)),
    Family("de Schets", (("James", 0), ("Saar", 2)), (Guardian("Rosa", "de Schets"),)),
    Family("Zonderling", (("Nina", 0),), (Guardian("Stefan", "Zonderling", Choice.NOTHING),)),
    Family("Invuller", (("Lucas", 0),), (Guardian("Maud", "Invuller"),)),
    Family("Testman", (("Maeve", 0), ("Puck", 2)), (Guardian("Koen", "Testman"),)),
    Family("Proefstuk", (("Otis", 0),), (Guardian("Vera", "Proefstuk", Choice.CLOSED_ONLY),)),
    Family("Plaatsman", (("Jill", 0),), (Guardian("Dirk", "Plaatsman"),)),
    Family("van Karton", (("Hugo", 2),), (Guardian("Lisa", "van Karton"),)),
    Family("Droomstra", (("Roos", 2),), (Guardian("Peter", "Droomstra"),)),
    Family("Zogezegd", (("Gijs", 2),), (Guardian("Ellen", "Zogezegd", Choice.CLOSED_ONLY),)),
    Family("Namaak", (("Fleur", 2),), (Guardian("Arjan", "Namaak", Choice.UNANSWERED),)),
    Family("Verhaal", (("Jasmijn", 2),), (Guardian("Tamara", "Verhaal"),)),
    Family("Wensink-Voorbeeld", (("Boaz", 2),), (Guardian("Joris", "Wensink-Voorbeeld"),)),
    Family("Legpuzzel", (("Isa", 2),), (Guardian("Hanna", "Legpuzzel", Choice.NOTHING),)),
    Family("Kladblok", (("Morris", 2),), (Guardian("Rik", "Kladblok"),)),
)


def email(given_name: str, family_name: str) -> str:
    """A made-up address, in a domain that cannot exist (RFC 2606)."""
    text = f"{given_name}.{family_name}".lower().replace(" ", "").replace("ë", "e")
    return f"{text}@{DOMAIN}"
