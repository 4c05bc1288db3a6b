"""A real installation for a measurement: its own processes, database and files, gone at the end."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from consent import passwords
from consent.tables import Account, Activity, Person, Role, School
from core.config import ROOT
from core.db import Database
from tests.make import Maker
from tests.web.phone import Phone

PASSWORD = "een heel lang wachtwoord 42"  # noqa: S105 - of an installation that is thrown away
START_SECONDS = 120
STOP_SECONDS = 30


@dataclass
class Installation:
    """Processes that run, and where what they keep is."""

    port: int
    database: Database
    process: subprocess.Popen[bytes]
    # By process: the most memory it has held in kB, and the seconds that it kept a core busy.
    peaks: dict[str, int] = field(default_factory=dict)
    busy: dict[tuple[str, int], float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sign_in(self, account: Account) -> Phone:
        """A browser in which somebody signed in with a password."""
        phone = Phone(self.address, "")
        phone.open("/inloggen")
        form = urlencode({"email": account.email, "password": PASSWORD})
        answer = phone.ask(
            "POST",
            "/inloggen",
            form.encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status != 302:
            raise SystemExit(f"signing in failed: {answer.status} {answer.body[:200]!r}")
        phone.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        phone.open("/")
        return phone

    def look(self) -> None:
        """Note what each process has used so far; one that ended keeps what was noted last."""
        for pid, name in _processes(self.process.pid):
            with suppress(OSError, IndexError):  # ended meanwhile
                status = Path(f"/proc/{pid}/status").read_text()
                peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
                self.peaks[name] = max(self.peaks.get(name, 0), peak)
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks = int(fields[11]) + int(fields[12])
                self.busy[name, pid] = ticks / os.sysconf("SC_CLK_TCK")

    def busy_by_name(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for (name, _pid), seconds in self.busy.items():
            found[name] = found.get(name, 0.0) + seconds
        return found


def _processes(root: int) -> Iterator[tuple[int, str]]:
    """Every process below `root` with a name for people."""
    parents, words = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError):
                pid = int(folder.name)
                parents[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words[pid] = (folder / "cmdline").read_text().replace("\0", " ").strip()
    known = {root: "supervisor"}
    yield root, "supervisor"
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        for pid in [pid for pid, above in parents.items() if above == parent]:
            known[pid] = _name(words[pid], known[parent])
            waiting.append(pid)
            yield pid, known[pid]


def _name(words: str, parent: str) -> str:
    if "-m cli" in words:
        return words.rpartition(" ")[2]
    if "resource_tracker" in words:
        return f"{parent}: tracker"
    return f"{parent}: child"


@contextmanager
def installation(postgres: str | None = None) -> Iterator[Installation]:
    """`beeldpoort serve` with a fresh `var`; with `postgres` on two fresh databases there."""
    with (
        tempfile.TemporaryDirectory(prefix="beeldpoort-bench-") as folder,
        _urls(postgres, Path(folder)) as urls,
    ):
        port = _free_port()
        env = {
            **os.environ,
            **urls,
            "BEELDPOORT_VAR": folder,
            "BEELDPOORT_PORT": str(port),
        }
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        database = Database(urls["BEELDPOORT_DATABASE"])
        try:
            _wait_for(process, port, Path(folder) / "log")
            yield Installation(port, database, process)
        finally:
            database.dispose()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _urls(postgres: str | None, folder: Path) -> Iterator[dict[str, str]]:
    if postgres is None:
        yield {
            "BEELDPOORT_DATABASE": f"sqlite:///{folder / 'beeldpoort.db'}",
            "BEELDPOORT_JOBS": f"sqlite:///{folder / 'jobs.db'}",
        }
        return
    server, mark = postgres.rstrip("/"), secrets.token_hex(4)
    names = [f"beeldpoort_bench_{mark}", f"beeldpoort_bench_{mark}_jobs"]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield {
                "BEELDPOORT_DATABASE": f"{server}/{names[0]}".replace(
                    "postgresql://", "postgresql+psycopg://"
                ),
                "BEELDPOORT_JOBS": f"{server}/{names[1]}",
            }
        finally:
            for name in names:
                connection.execute(
                    sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
                )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/static/favicon.svg", timeout=5)
            return
        time.sleep(0.2)
    raise SystemExit(f"the installation does not start:\n{log.read_text()}")


@dataclass(frozen=True)
class Cast:
    """Who is in the school, and what they do there."""

    school: School
    teacher: Account
    guardian: Account
    child: Person
    activity: Activity


def school_of(database: Database) -> Cast:
    """A school with two channels, a class, its teacher and a guardian, who have passwords."""
    make = Maker(database)
    school = make.school()
    make.channel(school)
    make.channel(school, "besloten")
    group = make.group(school)
    people = [make.person(school, group) for _ in range(25)]
    hashed = passwords.hashed(PASSWORD)
    teacher = make.account(school, Role.TEACHER, password_hash=hashed)
    guardian = make.guardian(people[0], password_hash=hashed)
    return Cast(school, teacher, guardian, people[0], make.activity(school, teacher, people))
