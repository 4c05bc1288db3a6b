"""R12: vectors of faces in photos are never stored, logged or queued.

A real worker process does a photo with real children; then everything that it left behind is
searched for the very vectors of that photo, in every form in which they could have been written.
"""

from __future__ import annotations

import base64
import os
import pickle
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import select

from core.config import ROOT, Config
from core.db import Database
from core.jobs import DbosJobs, prepare
from core.migrate import migrate
from core.tables import LogEntry
from media import stages
from media.models import CACHE_VARIABLE, cache_folder
from media.picture import Pixels
from media.renditions import box_of
from media.seal import Seal
from media.states import Identity
from media.tables import Appearance, Item
from media.vault import Vault
from tests.databases import Kind, dumped
from tests.make import Maker
from tests.stages.conftest import compose
from tests.stages.faces import jpeg, learn, upload, world

# Real networks and real processes: left out of `make quick`.
pytestmark = pytest.mark.slow

# A worker starts in a few seconds and does the photo in as many; much later, it never will.
DEADLINE_SECONDS = 120
# So few numbers of a vector already betray that it was written; fewer could be chance.
PIECE = 8


def traces(vector: NDArray[np.float32]) -> Iterator[bytes]:
    """Everything that a written vector would contain, one piece at a time."""
    for start in range(0, len(vector), PIECE):
        piece = vector[start : start + PIECE]
        raws = [piece.astype(kind).tobytes() for kind in ("<f4", ">f4", "<f8", ">f8")]
        # A pickled list puts a letter before each number.
        raws.append(b"".join(b"G" + struct.pack(">d", value) for value in piece))
        for raw in raws:
            yield raw
            yield raw.hex().encode()
            # As base64 the same bytes look different at each of three places of a longer text.
            for shift in range(3):
                yield base64.b64encode(b"\0" * shift + raw)[4:-4]
    for value in vector:
        # As text, the way numpy, Python and JSON write a number; six digits are no chance.
        for text in (repr(float(value)), str(value), f"{value:.8f}", f"{value:.6f}"):
            yield text.encode()


def found_in(data: bytes, vectors: NDArray[np.float32]) -> list[bytes]:
    return [trace for vector in vectors for trace in traces(vector) if trace in data]


CANARY = np.linspace(-0.31415926, 0.27182818, 128, dtype=np.float32)


@pytest.mark.parametrize(
    "written",
    [
        CANARY.tobytes(),
        CANARY.astype(np.float64).tobytes(),
        b"x" + base64.b64encode(pickle.dumps({"inputs": [CANARY]})),
        base64.b64encode(pickle.dumps(CANARY.tolist())),
        str(CANARY.tolist()).encode(),
        np.array2string(CANARY, precision=8).encode(),
        CANARY.tobytes().hex().encode(),
    ],
    ids=["float32", "float64", "pickled", "pickled list", "text", "numpy's text", "hex"],
)
def test_the_search_finds_a_canary(written: bytes) -> None:
    """Otherwise finding nothing below would say nothing."""
    assert found_in(b"before" + written + b"after", CANARY[np.newaxis])


def test_after_a_run_the_vectors_are_nowhere(
    tmp_path: Path,
    kind: Kind,
    config: Config,
    vault: Vault,
    astronaut: Pixels,
    hopper: Pixels,
) -> None:
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    database = Database(config.database_url, jobs)
    migrate(database)
    make = Maker(database)
    here = world(make)
    learn(database, Seal.of(config), here, here.eileen, astronaut)
    photo = compose((1400, 800), (astronaut, (40, 150), 1.15), (hopper, (780, 120), 1.0))
    log_file = tmp_path / "worker.log"
    crashed_here = tmp_path / "crashed"  # where a core file would be written
    crashed_here.mkdir()
    with log_file.open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker"],
            cwd=crashed_here,
            env=os.environ
            | {
                "PYTHONPATH": str(ROOT),
                "BEELDPOORT_VAR": str(config.var),
                "BEELDPOORT_DATABASE": config.database_url,
                "BEELDPOORT_JOBS": config.jobs_url,
                "BEELDPOORT_DEMO": "1",  # logs as readable text: the more talkative kind
                CACHE_VARIABLE: str(cache_folder()),
            },
            stdout=log,
            stderr=log,
        )
    try:
        item_id = upload(database, vault, here, photo)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (proposed := _proposed(database, item_id)) and time.monotonic() < deadline:
            assert worker.poll() is None, log_file.read_text()
            time.sleep(0.2)
        limits = {pid: core_limit(pid) for pid in processes(worker.pid)}
        assert len(limits) >= 2, "the worker and a child"
        assert set(limits.values()) == {("0", "0")}
        for pid in limits:
            os.kill(pid, signal.SIGABRT)  # as a library does that finds its memory broken
        worker.wait(timeout=30)
    finally:
        worker.kill()
        jobs.close()
    assert [face.person_id for face in proposed] == [here.eileen.id]
    with database.read() as session:
        faces = session.exec(select(Appearance).where(Appearance.item_id == item_id)).all()
        entries = session.exec(select(LogEntry)).all()
        assert session.get_one(Item, item_id).state == "ready"
    boxes = [box_of(face) for face in faces]
    vectors = stages.vectors(jpeg(photo), boxes)
    database.dispose()

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept = {path.name: path.read_bytes() for path in files}
    if kind is Kind.POSTGRES:
        kept |= {"beeldpoort.db": dumped(config.database_url), "jobs.db": dumped(config.jobs_url)}
    assert {"beeldpoort.db", "jobs.db", "worker.log"} <= kept.keys()
    leaks = {name: found_in(data, vectors) for name, data in kept.items()}
    assert {name: found for name, found in leaks.items() if found} == {}
    assert found_in(repr([entry.data for entry in entries]).encode(), vectors) == []


def processes(pid: int) -> list[int]:
    """A process and all that it started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    below = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    return [pid, *(each for one in below for each in processes(one))]


def core_limit(pid: int) -> tuple[str, str]:
    """The soft and the hard limit of a core file, in bytes."""
    (line,) = re.findall(
        r"Max core file size\s+(\S+)\s+(\S+)", Path(f"/proc/{pid}/limits").read_text()
    )
    return line[0], line[1]


def _proposed(database: Database, item_id: int) -> list[Appearance]:
    with database.read() as session:
        return list(
            session.exec(
                select(Appearance).where(
                    Appearance.item_id == item_id, Appearance.identity == Identity.PROPOSED.value
                )
            )
        )
