"""`beeldpoort serve` as somebody uses it: it starts, says where it is, and stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import ROOT

# Several processes import everything at once; on a busy machine that takes a while.
PATIENCE = 240.0
# The supervisor kills what does not stop in 8 seconds; the system needs a moment more.
STOPPED = 30.0


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = begin(tmp_path, port)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def begin(var: Path, port: int, command: str = "serve") -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [ROOT / "beeldpoort", command],
        env={**os.environ, "BEELDPOORT_VAR": str(var), "BEELDPOORT_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What the process says until it says `words`."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without saying “{words}”:\n{said}")


def processes_of(var: Path) -> set[int]:
    """Every living process that was started for this folder, children of children too."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and str(var).encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found


def until_nothing_runs(var: Path) -> None:
    deadline = time.monotonic() + STOPPED
    while left := processes_of(var):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.1)


def status_of(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_an_empty_installation_starts_tells_its_address_and_stops_at_ctrl_c(
    serving: subprocess.Popen[str], tmp_path: Path, port: int
) -> None:
    said = read_until(serving, "Ctrl-C")
    address = f"http://127.0.0.1:{port}"
    assert said.count("http://") == 1 and f"Beeldpoort is ready: {address}/" in said
    assert re.search(r"administrator there with this code: [2-9A-Z-]{14}\n", said)
    assert status_of(f"{address}/") == 200
    assert {status_of(f"{address}/demo{path}") for path in ("", "/", "/outbox")} == {404}
    assert len(processes_of(tmp_path)) >= 3
    taken = begin(tmp_path, port)
    assert "is in use by another program" in taken.communicate()[0] and taken.returncode == 2
    os.killpg(serving.pid, signal.SIGINT)  # as a terminal does
    assert serving.wait() == 0
    until_nothing_runs(tmp_path)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


@pytest.mark.slow
def test_a_part_that_dies_is_started_again_and_all_end_when_the_supervisor_is_killed(
    serving: subprocess.Popen[str], tmp_path: Path, port: int
) -> None:
    read_until(serving, "Ctrl-C")
    worker = next(
        pid
        for pid in processes_of(tmp_path)
        if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"worker\0")
    )
    os.kill(worker, signal.SIGKILL)
    read_until(serving, "The worker ended by itself")
    assert status_of(f"http://127.0.0.1:{port}/") == 200
    serving.kill()
    serving.wait()
    until_nothing_runs(tmp_path)


def test_a_setting_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [ROOT / "beeldpoort", "serve"],
        env={**os.environ, "BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "beeldpoort: BEELDPOORT_PORT is “eighty”; it must be a whole number above 0.\n"
    )
