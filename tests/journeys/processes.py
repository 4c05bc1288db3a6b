"""Real processes of an installation: started, killed in the middle of something, started again.

An installation is on SQLite or on a PostgreSQL server of its own databases. What its processes run
is the product's own command line, or one of the programs in `tests/journeys/programs.py`, which are
that with one thing put in: a death, a slow job, a version that knows less.
"""

from __future__ import annotations

import http.cookiejar
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image
from sqlmodel import col, select

from consent import passwords
from consent.tables import Account, Activity, Role
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.jobs import DbosJobs
from core.tables import LogEntry
from demo import pictures
from media import uploads
from media.gate import appearances_of
from media.tables import Item
from media.vault import Vault
from tests.make import Maker

# What is promised: a minute after everything was started again (or, of a worker that never comes
# back, after it was gone) there is nothing left to do.
WITHIN = 60.0
# Starting takes seconds, on a machine that is doing ten other things perhaps a minute.
STARTING = 120.0
POSTGRES = os.environ.get("BEELDPOORT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
PASSWORD = "een lange zin om mee te beginnen"
# Rare enough to be looked for in everything that the queue keeps.
NAME, FILE = "Zeldzaamnaam", "zeldzaam-bestand"
FACES = 2
# So much processor time after it had none to do shows that a child is at work: it is counted in
# hundredths of a second.
_AT_WORK_TICKS = 5


def until(done: Callable[[], object], what: str, within: float = WITHIN) -> None:
    """Wait until something has come about; fails when it does not."""
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, f"after {within:.0f} seconds still not: {what}"
        time.sleep(0.02)


@cache
def _drawn() -> Image.Image:
    data = pictures.chess()[0].data
    return Image.open(io.BytesIO(data)).convert("RGB")


def photo(number: int) -> bytes:
    """A photo of two people, another file for each number."""
    target = io.BytesIO()
    _drawn().save(target, "JPEG", quality=90, comment=f"photo {number}")
    return target.getvalue()


@dataclass
class Site:
    """One installation with a school, a teacher and an activity, and its processes."""

    config: Config
    env: dict[str, str]
    jobs: DbosJobs
    database: Database
    activity: Activity = field(init=False)
    teacher: Account = field(init=False)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        make = Maker(Database(self.config.database_url))
        school = make.school()
        pupil = make.person(school, make.group(school), given_name=NAME)
        self.teacher = make.account(
            school,
            Role.TEACHER,
            name=f"Juf {NAME}",
            password_hash=passwords.hashed(PASSWORD),
        )
        self.activity = make.activity(school, self.teacher, [pupil])
        make.database.dispose()

    # --- processes ----------------------------------------------------------------------------

    def start(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", *command],
            cwd=ROOT,
            # One photo at a time, however many cores the machine has.
            env={"BEELDPOORT_CHILDREN": "1"} | self.env | env,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        return self.start("cli", "worker", BEELDPOORT_WORKER=name)

    def web(self, *command: str) -> tuple[subprocess.Popen[bytes], Browser]:
        """A web server that answers, and somebody who looks at it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = self.start(*(command or ("cli", "web")), BEELDPOORT_PORT=str(port))
        browser = Browser(f"http://127.0.0.1:{port}")
        until(browser.is_answered, "the web server answers", STARTING)
        return process, browser

    def end(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.database.dispose()
        self.jobs.close()

    # --- photos -------------------------------------------------------------------------------

    def put_in(self, number: int) -> int:
        """Take in a photo as a web process does; the item's id."""
        return uploads.accept(
            self.database,
            Vault.in_folder(self.config.storage),
            self.activity,
            name=f"{FILE}-{number}.jpg",
            data=photo(number),
            max_bytes=10_000_000,
            by=self.teacher.id or 0,
            now=now(),
        ).item_id

    def item(self, item_id: int) -> Item:
        with self.database.read() as session:
            return session.get_one(Item, item_id)

    def items(self) -> list[Item]:
        with self.database.read() as session:
            return list(session.exec(select(Item).order_by(col(Item.id))))

    def states(self) -> list[str]:
        return [item.state for item in self.items()]

    def logged(self, event: str) -> list[int]:
        """The items of every entry of that kind in the school's log, one for each entry."""
        with self.database.read() as session:
            rows = session.exec(select(LogEntry).where(LogEntry.event == event)).all()
        return sorted(row.data["item"] for row in rows)

    def faces(self, item_id: int) -> int:
        with self.database.read() as session:
            return len(appearances_of(session, [item_id])[item_id])


def killed(process: subprocess.Popen[bytes]) -> None:
    """As when the power goes for this one process; its children are left to themselves."""
    process.kill()
    process.wait()


# --- what a process is doing ------------------------------------------------------------------


def child_of(worker: subprocess.Popen[bytes]) -> int | None:
    """The process in which that worker opens photos, if it has one."""
    for path in Path(f"/proc/{worker.pid}/task").glob("*/children"):
        for pid in path.read_text().split():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except FileNotFoundError:
                continue
            if b"spawn_main" in command:
                return int(pid)
    return None


def ticks(pid: int | None) -> int:
    """Processor time that a process has used, in hundredths of a second; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])


def in_the_middle(
    site: Site, worker: subprocess.Popen[bytes], ask: Callable[[], int]
) -> tuple[int, int]:
    """Ask for a photo of a worker that has nothing to do, and come back when its child is at work
    on it: the item and the child."""
    child = child_of(worker)
    before = ticks(child)
    item_id = ask()
    until(lambda: ticks(child) >= before + _AT_WORK_TICKS, "the child is at work", STARTING)
    assert child is not None and site.item(item_id).state == "uploaded"
    return item_id, child


# --- over HTTP --------------------------------------------------------------------------------


class Browser:
    """Somebody at the other end of real HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )
        self._token = ""

    def is_answered(self) -> bool:
        try:
            self._ask("/static/favicon.svg")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def sign_in(self, account: Account) -> None:
        form = {"email": account.email, "password": PASSWORD, "csrf_token": self._csrf("/inloggen")}
        self._ask("/inloggen", urllib.parse.urlencode(form).encode())
        self._token = self._csrf("/activiteiten/")

    def upload(self, activity: Activity, number: int) -> dict[str, Any]:
        """Send a photo as the script of the page does."""
        border = uuid.uuid4().hex
        name = f"{FILE}-{number}.jpg"
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + photo(number) + f"\r\n--{border}--\r\n".encode()
        answer = self._ask(
            f"/activiteiten/{activity.id}/opnamen",
            body,
            {"Content-Type": f"multipart/form-data; boundary={border}"},
        )
        found: dict[str, Any] = json.loads(answer)
        return found

    def progress(self, activity: Activity) -> dict[str, Any]:
        """What the page asks every two seconds."""
        found: dict[str, Any] = json.loads(self._ask(f"/activiteiten/{activity.id}/stand"))
        return found

    def tile(self, activity: Activity, item_id: int) -> str:
        """The tile of one photo, as the page gets it when it has changed."""
        return self._ask(
            f"/activiteiten/{activity.id}?tegels={item_id}", None, {"Accept": "text/html"}
        )

    def try_again(self, item_id: int) -> None:
        form = urllib.parse.urlencode({"csrf_token": self._token}).encode()
        self._ask(f"/opnamen/{item_id}/opnieuw", form, {"Accept": "text/html"})

    def _csrf(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self._ask(path))
        assert found is not None
        return found[1]

    def _ask(
        self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> str:
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.address + path,
            data,
            {"Accept": "application/json", "X-CSRFToken": self._token} | (headers or {}),
        )
        with self._opener.open(request, timeout=STARTING) as answer:
            return str(answer.read().decode())


# --- databases --------------------------------------------------------------------------------


def no_postgres() -> str | None:
    """Why there is no PostgreSQL to try on, or None."""
    try:
        psycopg.connect(POSTGRES + "/postgres", connect_timeout=2).close()
    except psycopg.OperationalError as problem:
        return str(problem).splitlines()[0]
    return None


def needs_postgres() -> None:
    """Skip, loudly, or fail where a PostgreSQL is required."""
    problem = no_postgres()
    if problem is None:
        return
    if "postgres" in os.environ.get("BEELDPOORT_REQUIRE", ""):
        pytest.fail(f"PostgreSQL is required here and was not reached: {problem}")
    pytest.skip("PostgreSQL WAS NOT TRIED: no server found")


@contextmanager
def on_postgres(name: str, template: str | None = None) -> Iterator[str]:
    """A database of that name, as a copy of another one, until the end of the block."""
    with psycopg.connect(POSTGRES + "/postgres", autocommit=True) as server:
        server.execute(f"drop database if exists {name} with (force)")
        copied = f" template {template}" if template else ""
        server.execute(f"create database {name}{copied}")
        try:
            yield f"{POSTGRES}/{name}"
        finally:
            server.execute(f"drop database if exists {name} with (force)")


def with_driver(url: str) -> str:
    """The address of a PostgreSQL database as SQLAlchemy wants it."""
    return url.replace("postgresql:", "postgresql+psycopg:")
