"""The operator's log is about the machine: no value of anybody's gets into it, whoever writes."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import structlog

from core import logs, traces
from core.errors import BadInput

NAME = "Zeldzaamnaam"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process that logs JSON writes; everything is put back at the end."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    text = io.StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    logs.configure(readable=False)
    yield text
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(False)
    logging.raiseExceptions = True
    structlog.reset_defaults()


def lines(text: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.getvalue().splitlines()]


def looked_up() -> None:
    dict[str, str]()[NAME]


def misread() -> None:
    int(NAME)


def refused() -> None:
    raise BadInput("%(name)s cannot be used.", name=NAME)


def twice_in_sqlite() -> None:
    engine = sa.create_engine("sqlite://", hide_parameters=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table person (name text unique)")
        for _ in range(2):
            connection.execute(sa.text("insert into person values (:name)"), {"name": NAME})


def not_there() -> None:
    open(f"/nowhere/{NAME}.jpg", "rb")  # noqa: SIM115 - never opened


def because_of_another() -> None:
    try:
        looked_up()
    except KeyError as error:
        raise RuntimeError(f"cannot use {NAME}") from error


def with_a_note() -> None:
    error = ValueError("x")
    error.add_note(f"the file was {NAME}")
    raise error


CULPRITS = [
    (looked_up, "KeyError"),
    (misread, "ValueError"),
    (refused, "BadInput: %(name)s cannot be used."),
    (twice_in_sqlite, "IntegrityError: (IntegrityError: UNIQUE constraint failed: person.name)"),
    (not_there, "FileNotFoundError: [Errno 2] No such file or directory"),
    (because_of_another, "RuntimeError"),
    (with_a_note, "ValueError"),
]


@pytest.mark.parametrize(
    ("culprit", "says"), CULPRITS, ids=[culprit.__name__ for culprit, _says in CULPRITS]
)
def test_a_traceback_says_where_and_what_kind_but_no_value(
    written: io.StringIO, culprit: Callable[[], None], says: str
) -> None:
    try:
        culprit()
    except Exception:
        structlog.get_logger("core").exception("broke")
    [line] = lines(written)
    assert line["exception"].splitlines()[-1] == says
    assert f"in {culprit.__name__}" in line["exception"]
    assert NAME not in written.getvalue()


def test_the_cause_of_a_failure_is_in_its_traceback(written: io.StringIO) -> None:
    try:
        because_of_another()
    except RuntimeError:
        structlog.get_logger("core").exception("broke")
    trace = lines(written)[0]["exception"]
    assert trace.index("KeyError") < trace.index("direct cause") < trace.index("RuntimeError")


def test_what_postgresql_quotes_of_a_row_is_left_out() -> None:
    quoted = psycopg.errors.UniqueViolation(f"DETAIL: Key (name)=({NAME}) already exists.")
    error = sa.exc.IntegrityError("insert into person", None, quoted, hide_parameters=True)
    assert NAME in str(error)
    assert traces.named(error) == "IntegrityError: (UniqueViolation: 23505)"


def test_a_library_says_its_pattern_and_numbers_but_not_what_fills_it(
    written: io.StringIO,
) -> None:
    logging.getLogger("waitress").error("photo %d of %s is odd", 12, NAME)
    whole = "Exception while serving " + f"/beeld/{NAME}.jpg"
    logging.getLogger("waitress").error(whole)
    first, second = lines(written)
    assert first["event"] == "photo %d of %s is odd" and first["numbers"] == [12]
    assert second["event"].startswith("test_logs:") and second["library"] == "waitress"
    assert NAME not in written.getvalue()


def test_what_ends_a_process_or_a_thread_unforeseen_is_a_line_without_values(
    written: io.StringIO,
) -> None:
    thread = threading.Thread(target=looked_up, name="helper")
    thread.start()
    thread.join()
    try:
        looked_up()
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)
    assert [line["event"] for line in lines(written)] == ["thread_crashed", "process_crashed"]
    assert NAME not in written.getvalue()


def test_a_warning_is_a_line_as_well(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # Again, since pytest has put its own catcher of warnings in between.
        logging.captureWarnings(False)
        logs.configure(readable=False)
        warnings.warn(f"{NAME} is odd", stacklevel=1)
    assert lines(written)[0]["library"] == "py.warnings"
    assert NAME not in written.getvalue()


def test_a_database_that_is_away_says_so_in_words() -> None:
    """What the operator must read is not hidden with the rest: nothing was sent yet."""
    engine = sa.create_engine("postgresql+psycopg://postgres@127.0.0.1:1/nothing")
    with pytest.raises(sa.exc.OperationalError) as found:
        engine.connect()
    assert "onnection" in traces.named(found.value) and "refused" in traces.named(found.value)
    assert traces.named(sqlite3.OperationalError("disk I/O error")).endswith("disk I/O error")
