"""Two hundred photos from one phone on a bad line, while others use the site.

    python -m bench.upload                            200 photos of 12 megapixels, cut ten times
    python -m bench.upload --photos 20 --mbit 20 --delay 0.05
    python -m bench.upload --postgres postgresql://postgres@127.0.0.1:5432

Starts an installation of its own (`beeldpoort serve`, fresh), uploads as static/js/upload.js does,
asks pages meanwhile, and prints how long it all took. Status 1 when not every photo was there and
looked at in time. The figures are for a quiet machine; `--faces FOLDER` takes photos of your own
instead of the two portraits.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bench.installation import Cast, Installation, installation, school_of
from bench.photos import photos
from media.tables import Appearance, Item
from tests.web.line import Line
from tests.web.phone import Answer, Phone

# As in static/js/upload.js.
FIRST_PART, LEAST_PART, MOST_PART = 2 << 20, 256 << 10, 4 << 20
PAUSES = (0, 1, 3, 5, 10, 20, 30)
# A page once in so many seconds, one after the other.
ASK_EVERY = 0.6


@dataclass
class Sender:
    """The page with the photos, on the phone."""

    phone: Phone
    activity_id: int
    part: int = FIRST_PART
    again: int = 0

    def send(self, path: Path) -> None:
        """One photo, until the server has it."""
        data, place, tries = path.read_bytes(), None, 0
        while True:
            try:
                place, offset = self._where(place, path.name, data)
                while offset < len(data):
                    part = data[offset : offset + self.part]
                    offset = _good(self.phone.go_on(place, offset, part)).offset
                    self.part, tries = min(MOST_PART, self.part * 2), 0
                return
            except (OSError, http.client.HTTPException, NotNow):
                self.again += 1
                self.part = max(LEAST_PART, self.part // 2)
                time.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
                tries += 1

    def _where(self, place: str | None, name: str, data: bytes) -> tuple[str, int]:
        if place is not None:
            return place, _good(self.phone.ask("HEAD", place)).offset
        answer = _good(self.phone.begin(self.activity_id, name, len(data), data[: self.part]))
        return answer.headers["Location"], answer.offset


class NotNow(Exception):
    """The server still worked on what seemed lost, or could not."""


def _good(answer: Answer) -> Answer:
    if answer.status == 409 or answer.status >= 500:
        raise NotNow
    if answer.status >= 300:
        raise SystemExit(f"the server said {answer.status}: {answer.body[:300]!r}")
    return answer


@dataclass
class Visitors:
    """Somebody who asks one page after the other while the photos come in."""

    installation: Installation
    cast: Cast
    times: dict[str, list[float]] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        teacher = self.installation.sign_in(self.cast.teacher)
        guardian = self.installation.sign_in(self.cast.guardian)
        activity = f"/activiteiten/{self.cast.activity.id}"
        while not self.over.is_set():
            item = self._some_photo()
            asked = [
                ("activity", teacher, activity),
                ("its state", teacher, f"{activity}/stand"),
                ("its new tiles", teacher, f"{activity}?tegels={item or 0}"),
                ("guardian's form", guardian, f"/mijn/kind/{self.cast.child.id}/"),
                ("gallery", guardian, "/galerij/"),
            ]
            if item is not None:
                asked.append(("review", teacher, f"/opnamen/{item}"))
                asked.append(("a tile", teacher, f"/opnamen/{item}/klein.jpg"))
            for name, phone, path in asked:
                begin = time.perf_counter()
                answer = phone.ask("GET", path, headers={"Accept": "text/html"})
                self.times.setdefault(name, []).append(time.perf_counter() - begin)
                if answer.status != 200:
                    self.bad.append(f"{path}: {answer.status}")
                self.over.wait(ASK_EVERY)

    def _some_photo(self) -> int | None:
        with self.installation.database.read() as session:
            return session.exec(
                select(Item.id).where(Item.state == "ready").order_by(sa.func.random())
            ).first()


@dataclass(frozen=True)
class State:
    """How far the installation is."""

    there: int
    ready: int
    refused: int

    @property
    def is_over(self) -> bool:
        return self.ready + self.refused == self.there


def state_of(session: Session) -> State:
    rows = session.exec(select(Item.state, sa.func.count()).group_by(col(Item.state))).all()
    by = dict(rows)
    return State(sum(by.values()), by.get("ready", 0), by.get("refused", 0))


def measure(options: argparse.Namespace, files: Sequence[Path], running: Installation) -> bool:
    """Upload and wait; prints the figures, and returns whether everything is there."""
    cast = school_of(running.database)
    total = sum(path.stat().st_size for path in files)
    chance = random.Random(7)  # noqa: S311 - no secret
    cuts = sorted(chance.randrange(total) for _ in range(options.cuts))
    visitors = Visitors(running, cast)
    asking = threading.Thread(target=visitors.run, daemon=True)
    with Line(running.port, cuts, options.mbit, options.delay / 2) as line:
        phone = running.sign_in(cast.teacher)
        phone.address = line.address
        sender = Sender(phone, cast.activity.id or 0)
        asking.start()
        begin = time.perf_counter()
        with ThreadPoolExecutor(options.at_once) as pool:
            watch = threading.Thread(target=_watch, args=(running, visitors.over), daemon=True)
            watch.start()
            for _ in pool.map(sender.send, files):
                pass
        sent = time.perf_counter() - begin
        state = _wait(running, begin + 60 * options.minutes)
    took = time.perf_counter() - begin
    visitors.over.set()
    asking.join()
    print(
        f"{len(files)} photos, {total / 1e6:.0f} MB, line cut {line.times_cut} times,"
        f" {sender.again} parts sent again, {options.at_once} at a time"
    )
    print(f"sent in {sent / 60:.2f} min; all looked at in {took / 60:.2f} min after the first byte")
    print(f"there {state.there}, ready {state.ready}, refused {state.refused}")
    _tell_stages(running, took)
    _tell_pages(visitors)
    for name, seconds in sorted(running.busy_by_name().items()):
        print(
            f"process {name:<24}{running.peaks[name] / 1024:>8.0f} MB at most"
            f"{seconds:>8.1f} s of a core, {seconds / len(files):.2f} s a photo"
        )
    return state.ready == len(files) == state.there and not visitors.bad


def _watch(running: Installation, over: threading.Event) -> None:
    while not over.wait(0.5):
        running.look()


def _wait(running: Installation, deadline: float) -> State:
    while True:
        with running.database.read() as session:
            state = state_of(session)
        if state.is_over or time.perf_counter() > deadline:
            return state
        time.sleep(0.2)


def _tell_stages(running: Installation, took: float) -> None:
    with running.database.read() as session:
        seconds = session.exec(select(Item.seconds).where(Item.state == "ready")).all()
        faces = session.exec(select(sa.func.count()).select_from(Appearance)).one()
    print(f"faces found {faces}, {faces / max(1, len(seconds)):.1f} per photo")
    stages: dict[str, list[float]] = {}
    for found in seconds:
        for stage, time_taken in found.items():
            stages.setdefault(stage, []).append(time_taken)
    all_stages = 0.0
    for stage, times in stages.items():
        all_stages += sum(times)
        print(
            f"stage   {stage:<24}{sum(times):>8.1f} s together"
            f"{statistics.median(times):>8.2f} s median"
        )
    print(
        f"stages  {'all':<24}{all_stages:>8.1f} s in {took:.1f} s:"
        f" {all_stages / took:.2f} at a time, {took / max(1, len(seconds)):.2f} s a photo"
    )


def _tell_pages(visitors: Visitors) -> None:
    everything = [took for times in visitors.times.values() for took in times]
    for name, times in [*visitors.times.items(), ("all pages", everything)]:
        ordered = sorted(times)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        print(
            f"page    {name:<24}{1000 * statistics.median(ordered):>8.0f} ms p50"
            f"{1000 * p95:>8.0f} ms p95{len(ordered):>6} asked"
        )
    for problem in sorted(set(visitors.bad)):
        print(f"page    BAD {problem}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Photos from one phone on a bad line.")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--faces", type=Path, help="a folder with photos of your own")
    parser.add_argument("--cuts", type=int, default=10, help="how often the line is cut")
    parser.add_argument("--mbit", type=float, help="how fast the line is, in Mbit/s")
    parser.add_argument("--delay", type=float, default=0.0, help="to and fro, in seconds")
    parser.add_argument("--at-once", type=int, default=3, help="photos at a time")
    parser.add_argument("--minutes", type=float, default=20, help="give up after so many")
    parser.add_argument("--postgres", help="a server to make databases on, postgresql://…")
    options = parser.parse_args()
    files = photos(options.photos, options.faces)
    with installation(options.postgres) as running:
        whole = measure(options, files, running)
    print("all photos are there" if whole else "NOT EVERYTHING IS THERE")
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
