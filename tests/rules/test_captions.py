"""R19: a person's name in a caption needs consent for names; here is what counts as a name."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from media.captions import names_in


@dataclass(frozen=True)
class Pupil:
    given_name: str
    family_name: str


EMMA = Pupil("Emma", "Bakker")
OTHER_EMMA = Pupil("Emma", "de Wit")
ZOE = Pupil("Zoë", "van der Meer")
ANNE = Pupil("Anne-Marie", "Özdemir")
TIM = Pupil("Tim", "Smit")
LARS = Pupil("Lars", "Mol")
EVERYBODY = [EMMA, OTHER_EMMA, ZOE, ANNE, TIM, LARS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De sportdag was een feest", []),
        ("", []),
        ("Emma Bakker wint de beker", [EMMA]),
        ("Bakker, Emma wint de beker", [EMMA]),
        ("Emma wint de beker", [EMMA, OTHER_EMMA]),
        ("Emma Bakker en Emma", [EMMA, OTHER_EMMA]),
        ("emma de  wit!", [OTHER_EMMA]),
        ("ZOE rent", [ZOE]),
        ("Zoe\u0308 rent", [ZOE]),
        ("Z\u200bo\u00adë rent", [ZOE]),
        ("Anne Marie en haar klas", [ANNE]),
        ("Annemarie en haar klas", [ANNE]),
        ("#EmmaBakker", [EMMA]),
        ("foto_emma_bakker.jpg", [EMMA]),
        ("Emma's beker", [EMMA, OTHER_EMMA]),
        ("Tims beker", [TIM]),
        ("Lars' beker", [LARS]),
        ("een timmerman en een dilemma", []),
        ("Mark smit de bal, wat een goed team", []),
        ("Ｅｍｍａ Bakker", [EMMA]),
    ],
)
def test_a_name_is_found_however_it_is_written_and_no_other_word_is(
    text: str, expected: list[Pupil]
) -> None:
    assert names_in(text, EVERYBODY) == expected


def test_a_person_without_a_given_name_is_never_found_everywhere() -> None:
    assert names_in("Een mooie dag", [Pupil("", ""), Pupil("-", "-")]) == []
