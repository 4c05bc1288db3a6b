"""A real installation for a benchmark: its folder, its database with a made-up school, its parts.

Rows are put into the database as a year at school would leave them; what is measured goes
through the product's own processes over HTTP.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from consent.tables import Account, Channel, Person, Role, School
from core import jobs
from core.config import ROOT, Config
from core.db import Database
from core.migrate import migrate
from media.tables import Appearance, Item, Permit, Post, Publication, Rendition
from media.vault import Vault
from tests.make import LONG_AGO, Maker

PUPILS = 300
_RENDITION_SIZE = (2048, 1536)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Installation:
    """An installation in a folder of its own, with its school."""

    config: Config
    database: Database
    vault: Vault
    make: Maker
    school: School
    website: Channel
    closed: Channel
    people: list[Person]
    guardians: list[Account]
    teacher: Account

    @property
    def address(self) -> tuple[str, int]:
        return self.config.host, self.config.port


@contextmanager
def installation(
    database_url: str | None = None, jobs_url: str | None = None
) -> Iterator[Installation]:
    """A migrated, filled database below the system's temporary folder; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="beeldpoort-bench-"))
    config = Config(
        var=folder,
        secret_key="only for this benchmark",  # noqa: S106
        database_url=database_url or f"sqlite:///{folder / 'beeldpoort.db'}",
        jobs_url=jobs_url or f"sqlite:///{folder / 'jobs.db'}",
        port=free_port(),
    )
    database = Database(config.database_url)
    try:
        migrate(database)
        jobs.prepare(config.jobs_url)
        yield _filled(config, database)
    finally:
        database.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def _filled(config: Config, database: Database) -> Installation:
    make = Maker(database)
    school = make.school()
    website, closed = make.channel(school), make.channel(school, "besloten")
    groups = [make.group(school, f"groep {number}") for number in range(1, 13)]
    people = [
        make.person(school, groups[number % len(groups)], given_name=f"Kind{number}")
        for number in range(PUPILS)
    ]
    guardians = [make.guardian(person) for person in people]
    for person, guardian in zip(people, guardians, strict=True):
        make.decided(person, guardian, website, at=LONG_AGO)
        make.decided(person, guardian, closed, at=LONG_AGO)
    teacher = make.account(school, Role.TEACHER, Role.COMMUNICATIONS)
    vault = Vault.in_folder(config.storage)
    return Installation(
        config, database, vault, make, school, website, closed, people, guardians, teacher
    )


def publish(site: Installation, photos: int, per_post: int, faces: int) -> list[str]:
    """Put that many published photos on the website, each with the next so many people of the
    school; their tokens."""
    activity = site.make.activity(site.school, site.teacher, site.people[:faces])
    tokens = []
    post = None
    with site.database.write() as session:
        for number in range(photos):
            if number % per_post == 0:
                post = Post(
                    school_id=site.school.id or 0,
                    channel_id=site.website.id or 0,
                    token=f"post-{number}",
                    text="Een mooie dag op het sportveld",
                    author_id=site.teacher.id or 0,
                    published_at=LONG_AGO,
                )
                session.add(post)
                session.flush()
            assert post is not None
            tokens.append(_publication(session, site, activity.id or 0, post, number, faces))
    return tokens


def _publication(session, site, activity_id, post, number, faces):  # type: ignore[no-untyped-def]
    jpeg = _jpeg(number)
    stored = site.vault.put(site.school.id or 0, "renditions", jpeg)
    common = {"school_id": site.school.id}
    item = Item(
        **common,
        activity_id=activity_id,
        uploader_id=site.teacher.id,
        file_name=f"IMG_{number:04d}.jpg",
        sha256=f"{number:064x}",
        size=len(jpeg),
        original_key=stored.key,
        review_key=stored.key.replace("renditions", "reviews"),
        state="ready",
        width=4032,
        height=3024,
        uploaded_at=LONG_AGO,
        processed_at=LONG_AGO,
    )
    session.add(item)
    session.flush()
    for face in range(faces):
        left = 0.05 + 0.9 * face / faces
        person = site.people[(number * faces + face) % len(site.people)]
        session.add(
            Appearance(
                **common,
                item_id=item.id,
                left=left,
                top=0.4,
                right=left + 0.05,
                bottom=0.5,
                source="machine",
                identity="confirmed",
                person_id=person.id,
                named_by=site.teacher.id,
                named_at=LONG_AGO,
            )
        )
    rendition = Rendition(
        **common,
        item_id=item.id,
        geometry=0,
        hidden=[],
        hidden_key=f"{number:064x}",
        file_key=stored.key,
        sha256=stored.sha256,
        size=stored.size,
        width=_RENDITION_SIZE[0],
        height=_RENDITION_SIZE[1],
        made_at=LONG_AGO,
    )
    session.add(rendition)
    session.flush()
    publication = Publication(
        **common,
        item_id=item.id,
        channel_id=site.website.id,
        token=f"photo-{number}",
        state="published",
        rendition_id=rendition.id,
        post_id=post.id,
        position=number,
        proposed_by=site.teacher.id,
        proposed_at=LONG_AGO,
        changed_at=LONG_AGO,
    )
    session.add(publication)
    session.flush()
    session.add(
        Permit(
            **common,
            publication_id=publication.id,
            rendition_id=rendition.id,
            channel_id=site.website.id,
            sha256=rendition.sha256,
            verdicts=[],
            approved_by=site.teacher.id,
            approved_at=LONG_AGO,
            four_eyes=True,
            made_at=LONG_AGO,
        )
    )
    return publication.token


def _jpeg(number: int) -> bytes:
    """A picture of about half a megabyte, different for each number."""
    noise = np.random.default_rng(number).integers(40, 215, (192, 256, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize(_RENDITION_SIZE, Image.Resampling.BICUBIC).save(
        file, "JPEG", quality=85
    )
    return file.getvalue()


@contextmanager
def running(
    site: Installation, *commands: str, **env: str
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The product's own processes (`web`, `worker`) on this installation, until the end."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "cli", command],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,  # a line for each request
            env={
                **os.environ,
                "BEELDPOORT_VAR": str(site.config.var),
                "BEELDPOORT_SECRET": site.config.secret_key,
                "BEELDPOORT_DATABASE": site.config.database_url,
                "BEELDPOORT_JOBS": site.config.jobs_url,
                "BEELDPOORT_PORT": str(site.config.port),
                **env,
            },
            start_new_session=True,
        )
        for command in commands
    ]
    try:
        if "web" in commands:
            _wait_for(site.address)
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(address, 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
