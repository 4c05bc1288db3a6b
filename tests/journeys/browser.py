"""A browser, and a school that it can walk through: fixtures of the tests in Chromium."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright
from waitress import create_server

NOT_TESTED = "NO CHROMIUM: no journey is tested (set BEELDPOORT_REQUIRE=chromium to fail instead)"

PATIENCE_MS = 30_000  # a busy machine is no defect; what never comes is one all the same


def chromium() -> str | None:
    """The browser of the machine, as Debian and others install it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    usual = Path("/usr/bin/chromium")
    return found or (str(usual) if usual.exists() else None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for all tests together; each test opens contexts of its own."""
    path = chromium()
    if path is None:
        if "chromium" in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(NOT_TESTED)
        pytest.skip(NOT_TESTED)
    with sync_playwright() as playwright:
        # In a container everything is root, for whom Chromium's own sandbox does not start.
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def serving(app: Flask) -> Iterator[str]:
    """The address of `app` on the server that an installation uses."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)

    def run() -> None:
        # Closing takes its sockets away while it still waits on them.
        with suppress(OSError):
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=5)
