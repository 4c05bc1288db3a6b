"""The keys of an installation, kept apart from its backups (R12).

A backup holds sealed face templates and accounts; with the keys beside it, whoever finds the one
has the other.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from core import signing
from core.checkpoints import key_of
from core.config import Config
from core.errors import N_, BadInput
from core.manifest import MARK
from media.seal import Seal

_NAMES = {"secret": "secret", "template_key": "template.key", "log_key": "log.key"}
# Keys that were written before there was this one come without it.
_LATER = frozenset({"log_key"})


class WrongPlace(BadInput):
    """Keys beside backups are no keys."""


def write(config: Config, file: Path) -> None:
    """Write the keys to a new file that only its owner reads; raises WrongPlace."""
    for folder in file.parents:
        if (folder / MARK).exists():
            raise WrongPlace(
                N_(
                    "%(folder)s holds backups. Whoever finds a backup must not find its keys: write"
                    " them elsewhere."
                ),
                folder=folder,
            )
    Seal.of(config)  # makes the key, where none was needed yet
    key_of(config)  # makes that one
    public = signing.public_keys(config)  # and that one
    content = {
        "secret": config.secret_key,
        "template_key": config.template_key or _read(config.var / _NAMES["template_key"]),
        "signing_key": config.signing_key or _read(config.var / signing.KEY),
        "signing_former": [signing.written(key) for key in public[1:]],
        "log_key": _read(config.log_key),
    }
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as target:
            json.dump(content, target, indent=1)
            target.flush()
            os.fsync(target.fileno())
    except OSError as problem:
        raise WrongPlace(
            N_("%(file)s cannot be written: %(why)s."), file=file, why=problem.strerror
        ) from problem


def put_back(config: Config, file: Path) -> None:
    """Give an installation the keys of the one that was lost; raises BadInput."""
    try:
        found = json.loads(file.read_text(encoding="ascii"))
        texts = {
            name: str(found[key])
            for key, name in _NAMES.items()
            if key in found or key not in _LATER
        }
        # Written before receipts were signed, it has no key for them; then a new one is made.
        if "signing_key" in found:
            texts[signing.KEY] = str(found["signing_key"])
        former = [signing.read_public(str(text)) for text in found.get("signing_former", [])]
    except BadInput:
        raise
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BadInput(
            N_("%(file)s is not what `beeldpoort backup-keys` wrote."), file=file
        ) from problem
    for name, text in texts.items():
        part = config.var / f"{name}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        part.rename(config.var / name)
    if former:
        signing.remember(former, config.var)


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()
