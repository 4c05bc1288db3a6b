"""The web server finishes what it has begun, and no more, when it is told to stop."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import part, serving
from core.serving import Server

LARGE = b"x" * 20_000_000
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Small:
    """An application whose answers take as long as the test wants."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> list[bytes]:
        path = environ["PATH_INFO"]
        if path == "/breaks":
            raise KeyError("Sanne")
        if path == "/slow":
            self.asked.set()
            self.go_on.wait()
        body = LARGE if path == "/large" else b"whole"
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]


class Running:
    def __init__(self, app: Small) -> None:
        self.app = app
        door = part.listen("127.0.0.1", 0)
        self.port: int = door[0].getsockname()[1]
        self.server = Server(app, door, threads=4)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def ask(self, path: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path)
        return connection

    def until_nobody_gets_in(self) -> None:
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                return
            time.sleep(0.01)


@pytest.fixture
def running() -> Iterator[Running]:
    found = Running(Small())
    yield found
    found.app.go_on.set()
    found.server.stop()
    found.thread.join()


def test_an_answer_that_is_being_made_is_still_sent(running: Running) -> None:
    connection = running.ask("/slow")
    running.app.asked.wait()
    running.server.stop()
    running.until_nobody_gets_in()
    running.app.go_on.set()
    assert connection.getresponse().read() == b"whole"
    running.thread.join()


def test_an_answer_that_is_being_fetched_is_sent_to_its_end(running: Running) -> None:
    connection = running.ask("/large")
    answer = connection.getresponse()
    begun = answer.read(1000)
    running.server.stop()
    running.until_nobody_gets_in()
    assert begun + answer.read() == LARGE
    running.thread.join()


def test_a_request_that_is_being_sent_is_read_to_its_end_and_answered(running: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "200000")
    connection.endheaders(b"x" * 100_000)
    running.ask("/").getresponse().read()  # by now the half has been read
    running.server.stop()
    running.until_nobody_gets_in()
    connection.send(b"x" * 100_000)
    assert connection.getresponse().read() == b"whole"
    running.thread.join()


def test_a_connection_on_which_nothing_is_asked_does_not_keep_it_from_stopping(
    running: Running,
) -> None:
    connection = running.ask("/")
    assert connection.getresponse().read() == b"whole"
    running.server.stop()
    running.thread.join()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.request("GET", "/")
        connection.getresponse()


def test_what_takes_too_long_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "DRAIN_SECONDS", 0.2)
    connection = running.ask("/slow")
    running.app.asked.wait()
    running.server.stop()
    running.thread.join()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.getresponse()


def test_it_tells_its_supervisor_only_while_it_answers(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = running.server.own_port
    assert serving.answers(port)
    monkeypatch.setattr(serving, "_ANSWER_SECONDS", 0.2)
    for _ in range(4):  # every thread waits for what does not come
        running.ask("/slow")
        running.app.asked.wait()
        running.app.asked.clear()
    assert not serving.answers(port)
