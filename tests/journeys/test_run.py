"""`beeldpoort serve` as somebody uses it: it starts, says where it is, goes on whatever dies, and
stops cleanly."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import ROOT
from tests.journeys.served import Served, Visitor, free_port, until


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path) as found:
        yield found.until_ready()


@pytest.mark.slow
def test_an_empty_installation_starts_tells_its_address_and_stops_at_ctrl_c(
    served: Served,
) -> None:
    assert f"Beeldpoort is ready: {served.address}/\n" in served.said()
    visitor = Visitor(served.address)
    assert visitor.get("/").status == 200
    assert {visitor.get(f"/demo{path}").status for path in ("", "/", "/outbox")} == {404}
    assert len(served.processes()) >= 3
    code = served.command("setup-code").stdout.strip().rpartition(" ")[2]
    assert re.fullmatch(r"[2-9A-Z-]{14}", code)
    until(lambda: "./beeldpoort setup-code" in served.said(), "it says where the code is")
    assert code not in served.said() + served.logged()  # no terminal: what is said is kept
    taken = Served(served.var.parent / "other", BEELDPOORT_PORT=str(served.port))
    assert taken.process.wait() == 2
    assert "is in use by another program" in taken.logged()
    os.killpg(served.process.pid, signal.SIGINT)  # as a terminal does
    assert served.until_it_ends() == 0
    assert {path.stat().st_mode & 0o077 for path in served.var.iterdir()} == {0}


@pytest.mark.thorough
@pytest.mark.slow
def test_nobody_is_turned_away_while_a_part_starts_again_and_all_end_with_the_supervisor(
    served: Served,
) -> None:
    web, worker = served.kill("web"), served.kill("worker")
    answer = Visitor(served.address).get("/healthz")  # waits at the door that is still open
    assert answer.status == 200
    assert web not in served.parts("web")
    until(lambda: bool(set(served.parts("worker")) - {worker}), "another worker")
    assert told(served, "part_ended")["part"] in {"web server", "worker"}
    served.process.kill()
    served.until_it_ends()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_request_that_has_begun_gets_its_whole_answer_although_the_server_is_stopped(
    served: Served,
) -> None:
    body = b"name=" + b"x" * 200_000
    slow = http.client.HTTPConnection("127.0.0.1", served.port)
    slow.putrequest("POST", "/eerste-start")
    slow.putheader("Content-Type", "application/x-www-form-urlencoded")
    slow.putheader("Content-Length", str(len(body)))
    slow.endheaders(body[:50_000])
    until(lambda: bool(arrived(served.port)), "the server has begun to read")
    served.process.send_signal(signal.SIGTERM)
    until(lambda: not listens(served.port), "the door is closed")
    for start in range(50_000, len(body), 50_000):
        time.sleep(0.2)
        slow.send(body[start : start + 50_000])
    answer = slow.getresponse()
    text = answer.read().decode("utf-8")
    assert answer.status == 400 and text.rstrip().endswith("</html>")
    assert len(text.encode()) == int(answer.headers["Content-Length"])
    assert served.until_it_ends() == 0
    assert "requests_cut_off" not in served.logged()


def arrived(port: int) -> list[str]:
    """The connections to `port` of which the server has read all that was sent."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ours = [line.split() for line in lines if line.split()[1].endswith(f":{port:04X}")]
    return [line[1] for line in ours if line[3] == "01" and line[4].endswith(":00000000")]


def listens(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.connect()
    except OSError:
        return False
    connection.close()
    return True


def told(served: Served, event: str) -> dict[str, object]:
    """The first line of the log about that."""
    lines = [json.loads(line) for line in served.logged().splitlines()]
    found: dict[str, object] = next(line for line in lines if line["event"] == event)
    return found


@pytest.mark.thorough
@pytest.mark.slow
def test_several_web_processes_share_one_door_and_what_they_count(tmp_path: Path) -> None:
    figures = free_port()
    with Served(
        tmp_path, BEELDPOORT_WEB_PROCESSES="2", BEELDPOORT_METRICS_PORT=str(figures)
    ) as served:
        served.until_ready()
        assert len(served.parts("web")) == 2
        asking = [
            threading.Thread(target=lambda: Visitor(served.address).get("/nergens"))
            for _ in range(12)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        wanted = 'beeldpoort_http_requests_total{endpoint="none",method="GET",status="404"}'
        assert figures_of(figures)[wanted] == 12
        served.kill("web")
        until(lambda: len(served.parts("web")) == 2, "there are two again")
        started = 'beeldpoort_process_starts_total{part="web"}'
        until(lambda: figures_of(figures)[started] == 3, "the third start is counted")
        assert figures_of(figures)[wanted] == 12  # also of the one that is gone
        assert figures_of(figures)["beeldpoort_workers_seen"] == 1
        assert Visitor(served.address).get("/metrics").status == 404
        health = served.command("health")
        assert health.returncode == 0 and "worker: A worker was there" in health.stdout
        served.process.terminate()
        assert served.until_it_ends() == 0
    health = served.command("health")
    assert health.returncode == 1 and "web: NOT: The web server answers. Start it" in health.stdout


def figures_of(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }


def test_a_setting_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [ROOT / "beeldpoort", "serve"],
        env={**os.environ, "BEELDPOORT_VAR": str(tmp_path), "BEELDPOORT_PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "beeldpoort: BEELDPOORT_PORT is “eighty”; it must be a whole number above 0.\n"
    )
