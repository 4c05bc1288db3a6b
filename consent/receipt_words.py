"""The words on the paper of a receipt, from `receipt.<language>.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

WORDS: dict[str, dict[str, str]] = {
    path.suffixes[0][1:]: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("receipt.*.toml"))
}
