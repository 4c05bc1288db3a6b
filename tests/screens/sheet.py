"""The contact sheet: all pictures on one page, `screenshots/index.html`."""

from __future__ import annotations

import html

from tests.screens.looking import PICTURES

_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Screens</title><style>'
    "body{font-family:sans-serif;margin:2rem;background:#ddd}"
    "section{display:flex;gap:1rem;align-items:flex-start;margin-bottom:3rem}"
    "img{box-shadow:0 1px 6px #0006}h2{margin:0 0 .5rem}</style>"
)


def write() -> None:
    """Put every picture that is there on the sheet, the sizes of one screen side by side."""
    names = sorted({path.stem for path in PICTURES.glob("*/*.png")})
    rows = [_HEAD]
    for name in names:
        shown = [
            f'<a href="{path.relative_to(PICTURES)}"><img src="{path.relative_to(PICTURES)}"'
            f' width="{300 if path.parent.name == "390" else 640}" loading="lazy"></a>'
            for path in sorted(PICTURES.glob(f"*/{name}.png"), reverse=True)
        ]
        rows.append(f"<h2>{html.escape(name)}</h2><section>{''.join(shown)}</section>")
    (PICTURES / "index.html").write_text("\n".join(rows), encoding="utf-8")
