"""An installation as it is served, with its processes, its output and visitors from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Self
from urllib.parse import urlencode, urljoin

from bs4 import BeautifulSoup

from core.config import ROOT

# Several processes import everything at once; on a busy machine that takes a while.
PATIENCE = 240.0
_BOUNDARY = "a-boundary-that-no-file-holds"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(done: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something has come about; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"it did not come about: {what}"
        time.sleep(0.05)


class Served:
    """`beeldpoort serve` in a folder of its own; what it says is kept, apart from each other."""

    def __init__(self, folder: Path, command: str = "serve", **more: str) -> None:
        self.var = Path(more.get("BEELDPOORT_VAR", folder / "var"))
        self.var.mkdir(parents=True, exist_ok=True)
        self.port = int(more.get("BEELDPOORT_PORT", free_port()))
        self.address = f"http://127.0.0.1:{self.port}"
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        self.settings = {
            "BEELDPOORT_VAR": str(self.var),
            "BEELDPOORT_PORT": str(self.port),
        } | more
        with self._stdout.open("ab") as out, self._stderr.open("ab") as err:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [ROOT / "beeldpoort", command],
                env=os.environ | self.settings,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def said(self) -> str:
        """Everything on stdout."""
        return self._stdout.read_text(encoding="utf-8")

    def logged(self) -> str:
        """Everything on stderr."""
        return self._stderr.read_text(encoding="utf-8")

    def until_ready(self) -> Self:
        self.until_it_says("Beeldpoort is ready: ")
        return self

    def until_it_says(self, words: str) -> None:
        def heard() -> bool:
            text = self.said() + self.logged()
            assert words in text or self.process.poll() is None, f"it ended:\n{text}"
            return words in text

        until(heard, words)

    def until_it_ends(self) -> int:
        status = self.process.wait(PATIENCE)
        until(lambda: not self.processes(), "nothing is left running")
        return status

    def processes(self) -> set[int]:
        """Every living process that was started for this folder, children of children too."""
        found = set()
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and self._is_ours((folder / "environ").read_bytes()):
                    found.add(int(folder.name))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
        return found

    def _is_ours(self, environment: bytes) -> bool:
        return f"BEELDPOORT_VAR={self.var}\0".encode() in environment

    def parts(self, command: str) -> list[int]:
        """The processes that run this command of ours."""
        return sorted(
            process
            for process in self.processes()
            if Path(f"/proc/{process}/cmdline").read_bytes().endswith(f"\0{command}\0".encode())
        )

    def kill(self, command: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process of that command; which one."""
        process = self.parts(command)[0]
        os.kill(process, number)
        return process

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of ours, for this installation."""
        return subprocess.run(  # noqa: S603 - our own command
            [ROOT / "beeldpoort", *words],
            env=os.environ | self.settings,
            capture_output=True,
            text=True,
            check=False,
        )


@dataclass
class Answered:
    """What came back: status, headers (also all of them in order), text."""

    status: int
    headers: dict[str, str]
    every_header: list[tuple[str, str]]
    body: bytes
    url: str

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.body.decode("utf-8"), "html5lib")

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the first form of the main part that is sent to this page's site."""
        forms = self.page.select("main form")
        assert forms, f"no form on {self.url}: {self.body[-3000:]!r}"
        return {
            str(found["name"]): str(found.get("value", ""))
            for found in forms[0].select("input[type=hidden]")
        }


@dataclass
class Visitor:
    """Somebody with a browser of their own, without scripts."""

    address: str
    handlers: tuple[urllib.request.BaseHandler, ...] = ()
    jar: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.jar),
            *self.handlers,
        )

    def get(self, path: str, **headers: str) -> Answered:
        return self._ask(path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answered:
        return self._ask(path, urlencode(fields).encode(), headers)

    def fill_in(self, path: str, **fields: str) -> Answered:
        """Open a page and send its form with these fields filled in."""
        return self.post(path, self.get(path).hidden() | fields)

    def send_file(self, path: str, fields: dict[str, str], name: str, data: bytes) -> Answered:
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = "".join([*parts, head]).encode() + data + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return self._ask(path, body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"})

    def cookies(self) -> list[str]:
        return [cookie.value or "" for cookie in self.jar]

    def _ask(self, path: str, data: bytes | None, headers: dict[str, str]) -> Answered:
        url = urljoin(self.address, path)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            named.setdefault("Referer", url)  # over HTTPS a form must come from this site
        asked = urllib.request.Request(url, data, named)  # noqa: S310 - our own server
        try:
            with self._opener.open(asked) as answer:
                return _answered(answer.status, answer.headers, answer.read(), answer.url)
        except urllib.error.HTTPError as error:
            with error:
                return _answered(error.code, error.headers, error.read(), url)


def _answered(status: int, headers: Message, body: bytes, url: str) -> Answered:
    every = [(name.title(), value) for name, value in headers.items()]
    return Answered(status, dict(every), every, body, url)
