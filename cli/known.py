"""Whom the commands know: a folder with a folder of photos per person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from core.errors import N_, BadInput, Problem, one_line
from media.errors import SeveralFaces

Gallery: TypeAlias = dict[str, list[list[float]]]
"""Per person the vectors of the photos that can be used. In memory (R12)."""

Each: TypeAlias = Callable[..., Iterable[tuple[Path, Any, Problem | None]]]
"""A job for each of several files, with what it gave or what was wrong."""


def gallery_of(known: Path, each: Each, only: Sequence[str] = ()) -> Gallery:
    """Who is to be known: all of them, since somebody else may look like whom `only` names."""
    people = sorted(path for path in known.iterdir() if path.is_dir())
    for name in only:
        if name not in {person.name for person in people}:
            raise BadInput(
                N_("There is no folder “%(name)s” in %(known)s. There are: %(people)s."),
                name=name,
                known=known,
                people=", ".join(person.name for person in people) or "none",
            )
    photos = [path for person in people for path in sorted(person.iterdir()) if path.is_file()]
    gallery: Gallery = {}
    crowded: list[Path] = []
    for path, vector, problem in each("media.alone.reference", photos, ()):
        if isinstance(problem, SeveralFaces):
            crowded.append(path)
        else:
            _keep(gallery, path, vector, problem)
    alone = {name: list(vectors) for name, vectors in gallery.items()}
    for path in crowded:
        # Known by who is alone on the other photos of the folder.
        others = alone.get(path.parent.name, [])
        for _, vector, problem in each("media.alone.reference", [path], others):
            _keep(gallery, path, vector, problem)
    for name in only:
        if name not in gallery:
            raise BadInput(N_("No photo of “%(name)s” can be used to know somebody by."), name=name)
    return gallery


def _keep(gallery: Gallery, path: Path, vector: Any, problem: Problem | None) -> None:
    """Put a vector to those of its folder, or say why the photo gives none."""
    if problem is None:
        gallery.setdefault(path.parent.name, []).append(vector)
    else:
        click.echo(one_line(f"{path}: not used. {problem}"), err=True)
