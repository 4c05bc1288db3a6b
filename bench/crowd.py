"""Fifty guardians and five teachers at once: how long each page takes, and whether any fails.

    python -m bench.crowd [--minutes 10] [--guardians 50] [--teachers 5] [--database URL]

Guardians look at their children, change an answer, read the history and the closed gallery;
teachers add photos, follow them, and name faces. Each waits between pages as a person does
(2 to 6 seconds). Everything goes over HTTP to the product's own web server and worker.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import threading
import time
from collections import defaultdict

from bench.browser import Browser
from bench.school import Installation, installation, publish, running
from bench.serving import percentile
from bench.stages import class_photo
from consent.passwords import hashed
from consent.tables import Account, Role

PASSWORD = "vier gewone woorden achter elkaar"  # noqa: S105 - of made-up people
THINKING = (2.0, 6.0)
_ROWS = re.compile(r'type="radio"[^>]*name="(c\d+-\w+)"|name="(c\d+-\w+)"[^>]*type="radio"')
_HIDDEN = re.compile(r'<input type="hidden" name="(version|seen|c\d+-\w+)" value="([^"]*)"')
_NAME_FORM = re.compile(r'action="(/opnamen/\d+/gezichten/\d+/naam)"')
_PERSON = re.compile(r'name="person" value="(\d+)"')
_ITEM = re.compile(r'href="(/opnamen/\d+)"')


class Times:
    """Seconds and statuses by kind of page, from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statuses: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def record(self, kind: str, status: int, seconds: float) -> None:
        with self._lock:
            self.seconds[kind].append(seconds)
            self.statuses[kind][status] += 1

    def report(self) -> int:
        """Print a line per kind of page; the number of requests that went wrong."""
        print(f"{'page':<28}{'requests':>9}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}   statuses")
        wrong = 0
        for kind, seconds in sorted(self.seconds.items()):
            wrong += sum(count for status, count in self.statuses[kind].items() if status >= 400)
            print(
                f"{kind:<28}{len(seconds):>9}{1000 * statistics.median(seconds):>9.0f}"
                f"{1000 * percentile(seconds, 0.95):>9.0f}{1000 * max(seconds):>9.0f}"
                f"   {dict(self.statuses[kind])}"
            )
        return wrong


class Visitor(threading.Thread):
    """Somebody who signs in and then does the same few things, each time a bit differently."""

    def __init__(self, site: Installation, account: Account, times: Times, until: float) -> None:
        super().__init__(daemon=True)
        self.browser = Browser(site.address, times.record)
        self.account, self.times, self.until = account, times, until
        self.random = random.Random(account.id)  # noqa: S311 - the same crowd each time
        self.problem: BaseException | None = None

    def think(self) -> None:
        pause = self.random.uniform(*THINKING)
        time.sleep(max(0.0, min(pause, self.until - time.monotonic())))

    def run(self) -> None:
        try:
            self.think()
            page = self.browser.get("sign in", "/inloggen")
            fields = {"email": self.account.email, "password": PASSWORD, "next": ""}
            self.browser.post("sign in, sent", "/inloggen", page, fields)
            while time.monotonic() < self.until:
                self.round()
        except BaseException as problem:
            self.problem = problem
            raise

    def round(self) -> None:
        raise NotImplementedError


class Guardian(Visitor):
    person = 0

    def round(self) -> None:
        child = f"/mijn/kind/{self.person}/"
        for kind, path in (("children", "/mijn/"), ("form", child)):
            page = self.browser.get(kind, path)
            self.think()
        rows = {one or other for one, other in _ROWS.findall(page)}
        answers = {row: self.random.choice(["yes", "no"]) for row in rows}
        kept = {name: value for name, value in _HIDDEN.findall(page) if name in {"version", "seen"}}
        checked = self.browser.post("answers, to check", child, page, kept | answers)
        self.think()
        hidden = dict(_HIDDEN.findall(checked))
        if any(name in hidden for name in rows) and f"{child}bewaren" in checked:
            self.browser.post("answers, saved", f"{child}bewaren", checked, hidden)
            self.think()
        for kind, path in (
            ("photos of a child", f"{child}fotos/"),
            ("history", f"{child}geschiedenis/"),
            ("closed gallery", "/galerij/besloten/"),
            ("public gallery", "/galerij/website/"),
        ):
            self.browser.get(kind, path)
            self.think()


class Teacher(Visitor):
    activity = 0
    photo = b""
    count = 0

    def round(self) -> None:
        here = f"/activiteiten/{self.activity}"
        self.browser.get("activities", "/activiteiten/")
        page = self.browser.get("activity", here)
        self.think()
        self.count += 1
        # A trailing number makes it another file with the same picture.
        data = self.photo + f"{self.account.id}-{self.count}".encode()
        name = f"IMG_{self.count:04d}.jpg"
        self.browser.upload("upload", f"{here}/opnamen", page, name, data)
        for _ in range(4):
            self.browser.get("progress", f"{here}/stand")
            self.think()
        page = self.browser.get("activity", here)
        items = _ITEM.findall(page)
        if items:
            self.name_some(self.random.choice(items))

    def name_some(self, item: str) -> None:
        page = self.browser.get("review", item)
        for _ in range(3):
            self.think()
            form, people = _NAME_FORM.search(page), _PERSON.findall(page)
            if form is None or not people:
                return
            chosen = {"person": self.random.choice(people)}
            page = self.browser.post("name", form[1], page, chosen)


def crowd(site: Installation, guardians: int, teachers: int, seconds: float) -> Times:
    times, until = Times(), time.monotonic() + seconds
    password = hashed(PASSWORD)
    visitors: list[Visitor] = []
    for account, person in zip(site.guardians[:guardians], site.people, strict=False):
        guardian = Guardian(site, account, times, until)
        guardian.person = person.id or 0
        visitors.append(guardian)
    photo = class_photo(faces=10)
    for number in range(teachers):
        account = site.make.account(site.school, Role.TEACHER)
        teacher = Teacher(site, account, times, until)
        people = site.people[number * 25 : number * 25 + 25]
        teacher.activity = site.make.activity(site.school, account, people).id or 0
        teacher.photo = photo
        visitors.append(teacher)
    with site.database.write() as session:
        for visitor in visitors:
            session.get_one(Account, visitor.account.id).password_hash = password
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(seconds + 120)
    broken = [visitor for visitor in visitors if visitor.problem or visitor.is_alive()]
    if broken:
        print(f"{len(broken)} visitors could not go on; the first: {broken[0].problem!r}")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="Many people at once.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--guardians", type=int, default=50)
    parser.add_argument("--teachers", type=int, default=5)
    parser.add_argument("--database", help="SQLAlchemy address; default SQLite")
    parser.add_argument("--jobs", help="the queue's own database; default SQLite")
    arguments = parser.parse_args()
    with installation(arguments.database, arguments.jobs) as site:
        publish(site, 60, per_post=6, faces=10)
        with running(site, "web", "worker"):
            times = crowd(site, arguments.guardians, arguments.teachers, 60 * arguments.minutes)
    print(
        f"{arguments.guardians} guardians, {arguments.teachers} teachers, {arguments.minutes} min"
    )
    wrong = times.report()
    print(f"requests that failed: {wrong}")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
