"""A visitor with a browser's habits, over plain HTTP: cookies, forms, pictures, and a stopwatch."""

from __future__ import annotations

import http.client
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie

Record = Callable[[str, int, float], None]

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_PICTURE = re.compile(r'<(?:img|image)[^>]+(?:src|href)="(/(?:beeld|opnamen)/[^"]+)"')
# Pictures of a page that a phone asks for before somebody scrolls.
_AT_ONCE = 12


class Browser:
    """One visitor. Every request is told to `record`: the kind of page, the status, the seconds."""

    def __init__(self, address: tuple[str, int], record: Record) -> None:
        self._connection = http.client.HTTPConnection(*address, timeout=60)
        self._cookies: dict[str, str] = {}
        self._etags: dict[str, str] = {}
        self._record = record
        self.location = ""

    def get(self, kind: str, path: str, *, pictures: bool = True) -> str:
        """A page, and the pictures that are on it."""
        page = self._send("GET", kind, path)
        if pictures:
            for picture in list(dict.fromkeys(_PICTURE.findall(page)))[:_AT_ONCE]:
                self._send("GET", "pictures", picture.replace("&amp;", "&"))
        return page

    def post(self, kind: str, path: str, page: str, fields: Mapping[str, str]) -> str:
        """A form of `page`, sent; a redirect is followed."""
        token = _TOKEN.search(page)
        assert token is not None, f"no form on the page before {path}"
        body = urllib.parse.urlencode({"csrf_token": token[1], **fields})
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", kind, path, body.encode(), sent)
        if self.location:
            return self.get(f"{kind}, then", self.location)
        return answer

    def upload(self, kind: str, path: str, page: str, name: str, data: bytes) -> str:
        """One photo, as the page's script sends it where nothing better can be used."""
        token = _TOKEN.search(page)
        assert token is not None
        edge = "----beeldpoort-bench"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "Accept": "application/json",
            "X-CSRFToken": token[1],
        }
        return self._send("POST", kind, path, body, headers)

    def _send(
        self,
        method: str,
        kind: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        sent = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept-Language": "nl",
            **(headers or {}),
        }
        if method == "GET" and path in self._etags:
            sent["If-None-Match"] = self._etags[path]
        begin = time.perf_counter()
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        data = answer.read()
        self._record(kind, answer.status, time.perf_counter() - begin)
        for line in answer.headers.get_all("Set-Cookie", []):
            for cookie in SimpleCookie(line).values():
                self._cookies[cookie.key] = cookie.value
        if answer.headers.get("ETag"):
            self._etags[path] = answer.headers["ETag"]
        moved = answer.status in {301, 302, 303}
        target = urllib.parse.urlsplit(answer.headers.get("Location", "")) if moved else None
        self.location = urllib.parse.urlunsplit(("", "", *target[2:])) if target else ""
        text = answer.headers.get_content_maintype() == "text"
        return data.decode() if text else ""
