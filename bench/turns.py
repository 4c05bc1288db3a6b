"""How many use cases a second get their turn: `python -m bench.turns [DATABASE]`.

Guardians answer the form, from more and more threads; each answer is the decision, its log entries,
its receipt and its mail. Without a DATABASE an SQLite file is used; a server's must be empty: it is
migrated and filled. Run it on a quiet machine.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from consent import notices, registry
from consent.model import Answer, Capacity, Medium
from core.clock import now
from core.db import Database
from core.migrate import migrate
from media.takedown import people_changed
from tests.make import LONG_AGO, Maker

ANSWERS = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        address = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'turns.db'}"
        database = Database(address)
        migrate(database)
        make = Maker(database)
        school = make.school()
        channel = make.channel(school)
        child = make.person(school)
        guardian = make.guardian(child)
        with database.write() as session:
            form = notices.publish_form(session, school.id or 0, None, None, LONG_AGO)
        said = itertools.cycle([Answer.YES, Answer.NO])

        def answer(_number: int) -> float:
            began = time.perf_counter()
            with database.write() as session:
                registry.decide(
                    session,
                    school_id=school.id or 0,
                    person_id=child.id or 0,
                    answers={(channel.id, Medium.PHOTO): next(said)},
                    by=guardian.id or 0,
                    capacity=Capacity.GUARDIAN,
                    form_version=form.version,
                    language="nl",
                    now=now(),
                    after=people_changed,
                )
            return time.perf_counter() - began

        for threads in (1, 4, 8):
            began = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                took = sorted(pool.map(answer, range(ANSWERS)))
            seconds = time.perf_counter() - began
            median, p95 = statistics.median(took) * 1000, took[int(ANSWERS * 0.95)] * 1000
            print(
                f"{database.engine.dialect.name}, {threads} threads:"
                f" {ANSWERS / seconds:.0f} a second, median {median:.0f} ms, p95 {p95:.0f} ms"
            )
        database.dispose()


if __name__ == "__main__":
    main()
