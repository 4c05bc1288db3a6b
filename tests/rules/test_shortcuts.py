"""Naming by typing: which letters mean whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.shortcuts import fitting, fold, shortcuts, words


def typed(*names: str) -> list[str | None]:
    """What to type for each, with ↵ where Enter follows."""
    found = shortcuts(dict(enumerate(names))).values()
    return [None if one is None else one.typed + "↵" * one.enter for one in found]


def marked(*names: str) -> list[list[str]]:
    found = shortcuts(dict(enumerate(names)))
    return [
        [name[start:end] for start, end in (one.marked if one else ())]
        for name, one in zip(names, found.values(), strict=True)
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("Emma", "Daan"), ["e", "d"], id="the_first_letter_if_it_is_enough"),
        pytest.param(("Emma", "Esther"), ["em", "es"], id="as_many_as_it_takes"),
        pytest.param(("Emma Vos", "Emma Bakker"), ["v", "b"], id="any_word_of_the_name"),
        pytest.param(("Daan Vos", "Dirk Vis"), ["da", "di"], id="the_given_name_first_if_alike"),
        pytest.param(("Zoë", "Zara"), ["zo", "za"], id="without_accents"),
        pytest.param(("Çelik", "Cas"), ["ce", "ca"], id="without_a_cedilla"),
        pytest.param(("Jan Bos", "Jannes Bos"), ["j↵", "jann"], id="a_name_that_begins_another"),
        pytest.param(("Jan Bos", "Jan Bos"), ["j↵", None], id="two_with_the_same_name"),
        pytest.param(("Anne-Sophie",), ["a"], id="a_hyphen_parts_words"),
        pytest.param(
            ("Eva Bos", "Eva Kok", "Bo Kok", "Bos Eek"),
            ["eva b", "eva k", "bo k", "ee"],
            id="two_words_when_one_is_not_enough",
        ),
    ],
)
def test_the_fewest_letters_that_mean_one_person(
    names: tuple[str, ...], expected: list[str | None]
) -> None:
    assert typed(*names) == expected


def test_the_letters_are_marked_where_they_stand_in_the_name() -> None:
    assert marked("Zoë Vos", "Zoa Vos") == [["Zoë"], ["Zoa"]]
    assert marked("Emma Bakker", "Emma Bos", "Bas Kok") == [["Bak"], ["Bo"], ["K"]]


def test_nothing_typed_means_nobody_and_full_words_come_first() -> None:
    known = {number: words(name) for number, name in enumerate(["Jannes", "Jan"])}
    assert fitting(known, "") == []
    assert fitting(known, " ") == []
    assert fitting(known, "jan") == [1, 0]
    assert fitting(known, "JÁN") == [1, 0]
    assert fitting(known, "x") == []


names = st.lists(st.text("abcëÉ -", min_size=1, max_size=8).filter(words), max_size=12)


@given(names)
def test_what_is_marked_means_that_person_and_is_taken_no_sooner(found: list[str]) -> None:
    by_id = dict(enumerate(found))
    known = {key: words(name) for key, name in by_id.items()}
    for key, one in shortcuts(by_id).items():
        if one is None:
            assert any(known[key] == known[other] for other in by_id if other != key) or all(
                fitting(known, word)[0] != key for word in known[key]
            )
            continue
        fits = fitting(known, one.typed)
        assert fits[0] == key
        assert one.enter == (len(fits) > 1)
        # On the way there nobody is taken: it would be the wrong one, or this one too late.
        for length in range(1, len(one.typed)):
            assert len(fitting(known, one.typed[:length])) != 1
        letters = "".join(by_id[key][start:end] for start, end in one.marked)
        assert fold(letters) == one.typed.replace(" ", "")
