"""The Atom feed of a public channel (RFC 4287): texts and links, never a picture.

A feed reader keeps what it was given, out of reach of a withdrawal; so the picture stays behind
the door, and the feed only says where that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from media.gallery import ShownPost

NAMESPACE = "http://www.w3.org/2005/Atom"
MIME_TYPE = "application/atom+xml"
# What is shown of a text; the rest is at the address, where it can still be changed.
_SUMMARY_CHARACTERS = 280


def atom(
    *,
    title: str,
    author: str,
    language: str,
    home: str,
    address: str,
    posts: Sequence[ShownPost],
    link: Callable[[ShownPost], str],
    name: Callable[[ShownPost], str],
    made_at: datetime,
) -> bytes:
    """The feed as UTF-8 XML. `home` and `address` are the absolute addresses of the gallery and
    of the feed, `link` gives that of a post and `name` its title."""
    ElementTree.register_namespace("", NAMESPACE)
    feed = ElementTree.Element(
        f"{{{NAMESPACE}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language}
    )
    _text(feed, "id", home)
    _text(feed, "title", title)
    _text(feed, "updated", _moment(max((row.post.published_at for row in posts), default=made_at)))
    _text(_child(feed, "author"), "name", author)
    _child(feed, "link", rel="alternate", type="text/html", href=home)
    _child(feed, "link", rel="self", type=MIME_TYPE, href=address)
    for row in posts:
        entry = _child(feed, "entry")
        _text(entry, "id", link(row))
        _text(entry, "title", name(row))
        _text(entry, "published", _moment(row.post.published_at))
        _text(entry, "updated", _moment(row.post.published_at))
        _child(entry, "link", rel="alternate", type="text/html", href=link(row))
        _text(entry, "summary", _short(row.text or name(row)))
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _child(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    # XML 1.0 has no place for control characters; a pasted one must not break the feed.
    clean = "".join(char for char in text if char.isprintable() or char in "\n\t")
    _child(parent, tag).text = clean


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _short(text: str) -> str:
    if len(text) <= _SUMMARY_CHARACTERS:
        return text
    return text[: _SUMMARY_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
