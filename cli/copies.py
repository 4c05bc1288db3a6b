"""Which copy is made of which file: the names, and what cannot be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.errors import N_, BadInput

# As `media.encode` makes them; the parent does not load that.
_WRITTEN: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".webp", ".avif", ".heic", ".heif", ".hif"}
    | {".tif", ".tiff", ".gif"}
)
# In a folder the others become JPEG: nothing shows them everywhere, a GIF has too few colours, and
# a HEIC takes ten times as long to make.
_AS_THEY_ARE: Final = _WRITTEN - {".heic", ".heif", ".hif", ".tif", ".tiff", ".gif", ".mpo"}


def copies(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Which file is made of which; raises BadInput where that cannot be."""
    if not source.exists():
        raise BadInput(N_("%(path)s does not exist."), path=source)
    if not source.is_dir():
        if target.suffix.lower() not in _WRITTEN:
            raise BadInput(
                N_("%(path)s: name a file that ends in one of %(suffixes)s."),
                path=target,
                suffixes=" ".join(sorted(_WRITTEN)),
            )
        if target.is_dir():
            raise BadInput(N_("%(path)s is a folder; of a file, a file is made."), path=target)
        _not_over(source, target)
        return [(source, target)]
    if target.exists() and not target.is_dir():
        raise BadInput(N_("%(path)s is a file; of a folder, a folder is made."), path=target)
    _not_over(source, target)
    paths = sorted(path for path in source.iterdir() if path.is_file())
    kept = {path.name.lower() for path in paths if path.suffix.lower() in _AS_THEY_ARE}
    jobs: dict[Path, Path] = {}
    for path in paths:
        name = path.name
        if path.suffix.lower() not in _AS_THEY_ARE:
            name = f"{path.stem}.jpg"
            if name.lower() in kept:  # a phone keeps IMG_1.HEIC and IMG_1.JPG side by side
                name = f"{path.name}.jpg"
            kept.add(name.lower())
        jobs[path] = target / name
    if not jobs:
        raise BadInput(N_("There are no files in %(path)s."), path=source)
    return list(jobs.items())


def _not_over(source: Path, target: Path) -> None:
    if source.resolve() == target.resolve():
        raise BadInput(N_("OUT is IN: the original is not written over. Name another place."))
