"""A phone that sends a photo in parts (tus 1.0), over real HTTP and a line that may be cut."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PART = "application/offset+octet-stream"
_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def offset(self) -> int:
        return int(self.headers["Upload-Offset"])


@dataclass
class Phone:
    """Signed in by its cookie; `token` is the CSRF token of a page that it has open."""

    address: str
    cookie: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> Answer:
        """Open a page and keep its CSRF token (and the cookie that belongs to it)."""
        page = self.ask("GET", path, headers={"Accept": "text/html"})
        while "Location" in page.headers:
            page = self.ask("GET", page.headers["Location"], headers={"Accept": "text/html"})
        if changed := page.headers.get("Set-Cookie"):
            self.cookie = changed.partition(";")[0]
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.body.decode())
        self.token = found[1] if found else ""
        return page

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=_SECONDS)
        try:
            connection.request(method, path, body, {**self._own(), **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _own(self) -> dict[str, str]:
        own = {"Cookie": self.cookie, "X-CSRFToken": self.token, "Tus-Resumable": "1.0.0"}
        return own | {"Accept": "application/json"} | self.headers

    def begin(self, activity_id: int, name: str, length: int, first: bytes | None = None) -> Answer:
        """Announce a file, perhaps with its first bytes; the answer's Location is its address."""
        headers = {
            "Upload-Length": str(length),
            "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
        }
        if first is not None:
            headers["Content-Type"] = PART
        return self.ask("POST", f"/activiteiten/{activity_id}/zendingen", first, headers)

    def go_on(self, place: str, offset: int, part: bytes, **headers: str) -> Answer:
        asked = {"Content-Type": PART, "Upload-Offset": str(offset)} | headers
        return self.ask("PATCH", place, part, asked)

    def cut_off(self, place: str, offset: int, part: bytes, sent: int) -> None:
        """Begin to send a part, and lose the connection when `sent` bytes of it are gone."""
        target = urlsplit(self.address)
        fields = self._own() | {
            "Host": target.netloc,
            "Content-Type": PART,
            "Upload-Offset": str(offset),
            "Content-Length": str(len(part)),
        }
        lines = [f"PATCH {place} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
        with socket.create_connection((target.hostname, target.port)) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + part[:sent])
            # Closed without a farewell (RST), as when a phone leaves the network.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
