"""A mail server on this machine, for whatever is sent in a test."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from core.config import Config


class Letterbox:
    """An SMTP server's inside: keeps what arrives; refuses when told to."""

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        self.refuse = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return "451 try again later"
        self.arrived.append(envelope)
        return "250 kept"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    inside = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inside, hostname="127.0.0.1", port=port)
    controller.start()
    yield inside, port
    controller.stop()


@pytest.fixture
def posted(config: Config, letterbox: tuple[Letterbox, int]) -> Config:
    return dataclasses.replace(
        config, smtp_host="127.0.0.1", smtp_port=letterbox[1], mail_from="school@school.example"
    )
