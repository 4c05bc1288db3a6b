"""The supervisor: what ends is started again, ever more patiently; what hangs is ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.config import ROOT
from core.run import PATIENCE

# A supervisor over one part, stopped by the part's own words: each line of `log` is one start.
SUPERVISE = """
import os, signal, sys
from pathlib import Path
from core import logs
from core.run import Part, Patience, Supervisor

logs.configure(readable=False)
part = Part("part", [sys.executable, sys.argv[1]], beats=True)
quick = Patience(stop=5, steady=60, failed_starts=3, silence=1, first_beat=20, longest_pause=0.1)
supervisor = Supervisor([part], os.environ, Path.cwd(), patience=quick)
ready = lambda: sys.argv[2] == "ready" or supervisor.wait_until(lambda: False, 60)
sys.exit(supervisor.run(lambda: True, ready))
"""
BEGIN = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from core import part
log = Path({log!r})
with log.open("a") as file:
    file.write("start\\n")
starts = len(log.read_text().splitlines())
part.end_with_parent()
"""


def supervise(folder: Path, body: str, once: str = "ready") -> tuple[int, str, int]:
    """Status, log and number of starts of a supervisor whose part runs `body`."""
    script, log = folder / "part.py", folder / "log"
    script.write_text(BEGIN.format(root=str(ROOT), log=str(log)) + body)
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SUPERVISE, str(script), once],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr, len(log.read_text().splitlines())


def test_the_pause_before_another_start_doubles_up_to_a_minute() -> None:
    pauses = [PATIENCE.pause(failures) for failures in range(1, 12)]
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert PATIENCE.pause(100_000) == 60


def test_what_was_ready_once_is_started_again_however_often_it_fails(tmp_path: Path) -> None:
    """What it needs (a database, room on the disk) may come back at any time."""
    status, log, starts = supervise(
        tmp_path, "if starts < 6: sys.exit(1)\nos.kill(os.getppid(), signal.SIGTERM)"
    )
    assert (status, starts) == (0, 6)
    assert log.count("part_ended") >= 5


def test_what_never_starts_stops_everything_and_says_so(tmp_path: Path) -> None:
    status, log, starts = supervise(tmp_path, "sys.exit(1)", once="never")
    assert (status, starts) == (1, 3)
    assert "part_does_not_start" in log


def test_wrong_settings_are_not_tried_again(tmp_path: Path) -> None:
    status, _log, starts = supervise(tmp_path, "sys.exit(2)", once="never")
    assert (status, starts) == (2, 1)


@pytest.mark.parametrize(
    "hang", ["time.sleep(600)", "os.kill(os.getpid(), signal.SIGSTOP)"], ids=["busy", "frozen"]
)
def test_a_part_that_says_nothing_any_more_is_ended_and_started_again(
    tmp_path: Path, hang: str
) -> None:
    body = f"part.beat()\nif starts == 1: {hang}\nos.kill(os.getppid(), signal.SIGTERM)"
    status, log, starts = supervise(tmp_path, body)
    assert (status, starts) == (0, 2)
    assert "part_hangs" in log


def test_a_part_that_goes_on_saying_that_it_works_is_left_alone(tmp_path: Path) -> None:
    body = "for _ in range(20): part.beat(); time.sleep(0.1)\nos.kill(os.getppid(), signal.SIGTERM)"
    status, log, starts = supervise(tmp_path, body)
    assert (status, starts, log) == (0, 1, "")
