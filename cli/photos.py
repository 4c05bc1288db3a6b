"""`detect`, `redact` and `identify`: photos in files, outside any registry.

For whoever has a folder of photos and no installation: nothing here asks for a database. Each file
is opened in a child process with limits, so that what is wrong with it ends there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from cli.copies import copies
from cli.known import Gallery, gallery_of
from consent.model import HideAs
from core import whole
from core.errors import N_, BadInput, Problem, one_line
from media.by_name import call
from media.children import Children
from media.errors import RefusedFile
from media.models import ModelMissing

_PATH: Final = click.Path(path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)

# A photo takes one to five seconds; what takes longer than this is made to.
_WALL_SECONDS: Final = 17.0


class _SeveralNames(click.Command):
    """A command in which `--show A B C` means `--show A --show B --show C`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        showing = False
        for word in args:
            if word.startswith("--"):
                showing = word == "--show"
            elif showing and spread[-1] != "--show":
                spread.append("--show")
            spread.append(word)
        return super().parse_args(ctx, spread)


_turned = click.option(
    "--turned",
    is_flag=True,
    help="Look for faces that lie sideways or upside down as well; takes four times as long.",
)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_PATH)
@_turned
@click.option("--json", "out", type=_PATH, help="Write the result here instead of printing it.")
def detect(files: tuple[Path, ...], turned: bool, out: Path | None) -> None:
    """Where the faces are in FILES.

    Boxes in pixels of the upright picture. Status 1 when a file could not be looked at.
    """
    with _children(len(files), turned) as work:
        rows = [
            {
                "path": str(path),
                "kind": _kind(problem),
                "error": _line(problem),
                **(found or _NOTHING),
            }
            for path, found, problem in work.each("media.alone.find", files, turned)
        ]
    _finish(rows, out)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--known", type=_FOLDER, required=True, help="A folder per person, named by it.")
@click.option("--json", "out", type=_PATH, help="Write the result here instead of printing it.")
def identify(files: tuple[Path, ...], known: Path, out: Path | None) -> None:
    """Who is surely to be seen in FILES, of the people in the folders of KNOWN.

    A name is only given with the verdict `known`. Status 1 when a file could not be looked at.
    """
    with _children(len(files) + 1) as work:
        gallery = gallery_of(known, work.each)
        rows = [
            {"path": str(path), "error": _line(problem), "faces": faces or []}
            for path, faces, problem in work.each("media.alone.identify", files, gallery)
        ]
    _finish(rows, out)


@click.command(cls=_SeveralNames)
@click.argument("source", metavar="IN", type=_PATH)
@click.argument("target", metavar="OUT", type=_PATH)
@click.option("--known", type=_FOLDER, help="A folder per person, named by it.")
@click.option("--show", multiple=True, metavar="NAME ...", help="Whom of KNOWN to leave in view.")
@click.option(
    "--hide",
    "how",
    type=click.Choice([how.value for how in HideAs]),
    default=HideAs.SOFT.value,
    show_default=True,
    help="Face and hair in the colours around, the whole figure likewise, or plain grey.",
)
@_turned
@click.option("--json", "out", type=_PATH, help="Write a report here.")
def redact(
    source: Path,
    target: Path,
    known: Path | None,
    show: tuple[str, ...],
    how: str,
    turned: bool,
    out: Path | None,
) -> None:
    """Write a copy of IN to OUT in which every face is hidden.

    Left in view is who is surely recognised as a person of --show. IN may be a folder: then OUT is
    one, and a file that cannot be done is named and left out. Nothing but the picture is in a copy,
    at most 2048 pixels long.
    """
    if show and known is None:
        raise BadInput(N_("--show needs --known: the folder with a folder per person."))
    jobs = copies(source, target)
    with _children(len(jobs) + bool(show), turned) as work:
        gallery = gallery_of(known, work.each, show) if known is not None and show else {}
        asked = (gallery, show, how, turned)
        folder = source.is_dir()
        reports = _folder(work, jobs, asked) if folder else [_single(work, jobs[0], asked)]
    _report(out, {"files": reports} if folder else reports[0])
    if not all("error" not in report for report in reports):
        sys.exit(1)


_Asked: TypeAlias = tuple[Gallery, tuple[str, ...], str, bool]
"""How a photo is to be redacted, as `media.alone.redact` wants it."""

_NOTHING: Final[dict[str, Any]] = {"width": None, "height": None, "faces": []}


class _Stopped(Problem):
    """A file on which a stage ended in a way that nobody foresaw."""

    status = 400


def _kind(problem: Problem | None) -> str:
    film = isinstance(problem, RefusedFile) and problem.code == "film"
    return "video" if film else "photo"


def _line(problem: Problem | None) -> str | None:
    """Its sentence on one line, whatever the name of a file has in it; None for none."""
    return None if problem is None else one_line(problem)


class _Work:
    """Jobs for the children, as many at once as there are processors."""

    def __init__(self, children: Children, threads: int) -> None:
        self._children = children
        self._threads = threads

    def one(self, job: str, path: Path, *args: Any) -> Any:
        """What `job` makes of a file; raises a Problem when it cannot be done."""
        try:
            return self._children.run(call, job, str(path), *args, self._threads)
        except Problem:
            raise
        except ModelMissing as problem:
            raise _Stopped("%(why)s", why=problem) from problem
        except Exception as problem:
            # What a decoder let out on a damaged file ends that file, not the run.
            raise _Stopped(
                N_("could not be processed (%(kind)s)."), kind=type(problem).__name__
            ) from problem

    def each(
        self, job: str, paths: Sequence[Path], *args: Any
    ) -> Iterator[tuple[Path, Any, Problem | None]]:
        """The same for each file, in order, with what was wrong instead of raising it."""

        def attempt(path: Path) -> tuple[Path, Any, Problem | None]:
            try:
                return path, self.one(job, path, *args), None
            except Problem as problem:
                return path, None, problem

        with ThreadPoolExecutor(self._children.workers) as pool:
            yield from _in_view(pool.map(attempt, paths), len(paths))


@contextmanager
def _children(files: int, turned: bool = False) -> Iterator[_Work]:
    """One file gets all processors; of several, each processor has its own."""
    processors = len(os.sched_getaffinity(0))
    workers = min(files, processors)
    seconds = _WALL_SECONDS * (4 if turned else 1)  # in each direction once
    with Children(workers, wall_seconds=seconds) as children:
        yield _Work(children, processors // workers)


def _in_view(results: Iterable[Any], count: int) -> Iterator[Any]:
    """The same, with a bar on a terminal."""
    if count < 2 or not sys.stderr.isatty():
        yield from results
        return
    with click.progressbar(results, length=count, file=sys.stderr) as bar:
        yield from bar


def _single(
    work: _Work,
    job: tuple[Path, Path],
    asked: _Asked,
) -> dict[str, Any]:
    """One file; what is wrong with it ends the command."""
    path, target = job
    try:
        suffix = target.suffix.lower()
        data, report = work.one("media.alone.redact", path, suffix, *asked)
    except Problem:
        # Of an earlier run, with other faces to hide: nobody may take it for this one's.
        target.unlink(missing_ok=True)
        raise
    _write(target, data)
    return {"kind": "photo", **report}


def _folder(
    work: _Work,
    jobs: Sequence[tuple[Path, Path]],
    asked: _Asked,
) -> list[dict[str, Any]]:
    """Every file of a folder; what is wrong with one is said, and the others go on."""

    def attempt(job: tuple[Path, Path]) -> dict[str, Any]:
        try:
            return {"path": str(job[0]), **_single(work, job, asked)}
        except Problem as problem:
            return {"path": str(job[0]), "kind": _kind(problem), "error": _line(problem)}

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        reports = list(_in_view(pool.map(attempt, jobs), len(jobs)))
    failed = [report for report in reports if "error" in report]
    for report in failed:
        click.echo(one_line(f"{report['path']}: {report['error']}"), err=True)
    done = [report for report in reports if "error" not in report]
    click.echo(
        f"{len(done)} of {len(reports)} files done;"
        f" faces hidden: {sum(len(each['hidden']) for each in done)},"
        f" left in view: {sum(len(each['shown']) for each in done)}",
        err=True,
    )
    return reports


def _write(target: Path, data: bytes) -> None:
    try:
        whole.write(target, [data])
    except OSError as problem:
        raise BadInput(
            N_("%(path)s cannot be written: %(why)s"), path=target, why=problem.strerror or problem
        ) from problem


def _finish(rows: list[dict[str, Any]], out: Path | None) -> None:
    result = {"files": rows}
    if out is None:
        click.echo(json.dumps(result, indent=1))
    else:
        _report(out, result)
    failed = [row for row in rows if row["error"] is not None]
    for row in failed:
        click.echo(one_line(f"{row['path']}: {row['error']}"), err=True)
    if failed:
        sys.exit(1)


def _report(out: Path | None, result: Any) -> None:
    if out is not None:
        _write(out, json.dumps(result, indent=1).encode())
