"""docs/rules.md tells the truth about what exists: its rules, tests, code and screens."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

import pytest
from flask import Flask

from core.config import ROOT

RULES = range(1, 34)
STATES = {"kept", "partly", "not yet"}

_ROW = re.compile(r"^\| \[R(\d+)\]\(#r\d+\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_SECTION = re.compile(
    r"^### R(?P<number>\d+) (?P<title>.+): (?P<state>.+)\n(?P<body>(?:(?!^#).*\n)+)", re.MULTILINE
)
_QUOTED = re.compile(r"`([^`]+)`")
_TEST = re.compile(r"(?P<file>tests/\S+\.py)(?:::(?P<name>[\w:]+)(?:\[(?P<case>\w+)\])?)?")
_CODE = re.compile(r"(?:core|consent|media)(?:\.\w+){2,}")


def text() -> str:
    return (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def quoted(part: str) -> list[str]:
    return _QUOTED.findall(part)


def sections(document: str) -> dict[int, Mapping[str, str]]:
    """Of each rule's own section: title, state and body."""
    return {int(found["number"]): found.groupdict() for found in _SECTION.finditer(document)}


def parsed(path: str) -> ast.Module | None:
    """The source at `path` below the checkout; None when there is no such file."""
    file = ROOT / path
    return ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def defined(body: Collection[ast.stmt], names: list[str]) -> bool:
    """Whether a function or class of that name is there, the later names inside the earlier."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == names[0]:
            return len(names) == 1 or defined(node.body, names[1:])
    return False


def missing_tests(document: str) -> list[str]:
    """The tests (and cases of a table of tests) that are named and do not exist."""
    missing = []
    for name in quoted(document):
        found = _TEST.fullmatch(name)
        if found is None:
            if name.startswith("tests/"):
                missing.append(name)
            continue
        tree = parsed(found["file"])
        there = tree is not None and (
            found["name"] is None or defined(tree.body, found["name"].split("::"))
        )
        if tree is not None and there and found["case"] is not None:
            there = any(
                isinstance(node, ast.Constant) and node.value == found["case"]
                for node in ast.walk(tree)
            )
        if not there:
            missing.append(name)
    return missing


def missing_code(document: str) -> list[str]:
    """The functions and classes that are named and do not exist."""
    missing = []
    for name in quoted(document):
        if _CODE.fullmatch(name) is None:
            continue
        package, module, *names = name.split(".")
        tree = parsed(f"{package}/{module}.py")
        if tree is None or not defined(tree.body, names):
            missing.append(name)
    return missing


def shape(path: str) -> str:
    """A path whose parts that vary have no name: `/beeld/<token>.jpg` is `/beeld/<>.jpg`."""
    return re.sub(r"<[^>]+>", "<>", path)


def missing_screens(document: str, app: Flask) -> list[str]:
    """The paths that are named and are no route."""
    routes = {shape(rule.rule) for rule in app.url_map.iter_rules()}
    return [name for name in quoted(document) if name.startswith("/") and shape(name) not in routes]


def test_every_rule_has_a_row_and_a_section_that_agree() -> None:
    rows = {int(number): (title, state) for number, title, state in _ROW.findall(text())}
    own = {number: (row["title"], row["state"]) for number, row in sections(text()).items()}
    assert list(rows) == list(RULES)
    assert own == rows
    assert {state for _title, state in rows.values()} <= STATES


@pytest.mark.parametrize("number", RULES)
def test_a_rule_that_works_has_code_a_screen_and_a_test_and_the_others_say_what_is_missing(
    number: int,
) -> None:
    rule = sections(text())[number]
    if rule["state"] != "not yet":
        assert all(f"- {part}:" in rule["body"] for part in ("Code", "Screen", "Tests"))
        assert "  - `tests/" in rule["body"]
    if rule["state"] != "kept":
        assert "- Not yet: " in rule["body"]


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(text()) == []


def test_every_piece_of_code_that_is_named_exists() -> None:
    assert missing_code(text()) == []


def test_every_screen_that_is_named_is_a_route(app: Flask) -> None:
    assert missing_screens(text(), app) == []


def test_a_planted_name_of_what_does_not_exist_is_found(app: Flask) -> None:
    here = "tests/test_rules_doc.py::"
    planted = [
        f"{here}test_that_nobody_wrote",
        "tests/test_nothing.py::test_every_rule_has_a_row_and_a_section_that_agree",
        "tests/rules/test_policy.py::test_the_policy_answers_as_the_rule_says[no_such_case]",
        "tests/web/test_withdrawal.py::TestGuardian::test_that_nobody_wrote",
        "tests/not a test",
    ]
    real = f"`{here}test_every_test_that_is_named_exists`"
    assert missing_tests(" ".join(f"`{name}`" for name in planted) + real) == planted
    code = "`media.gate.decide_one` `media.nothing.at_all` `media.gate.decide_many`"
    assert missing_code(code) == ["media.gate.decide_one", "media.nothing.at_all"]
    assert missing_screens("`/nergens/` `/beeld/<any_name>.jpg`", app) == ["/nergens/"]
