"""How fast published photos are served, the gate asked for each, and a page of sixty of them.

    python -m bench.serving [--photos 240] [--faces 10] [--seconds 20] [--visitors 8]

One installation with its own web server process, visited over loopback by this process with as
many connections as `--visitors`. Half of the requests of `again` carry the ETag of the visitor's
own copy and end in 304, after the gate was asked. Both share the machine's cores.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import threading
import time

from bench.school import Installation, installation, publish, running


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class Visitor(threading.Thread):
    """Fetches one address after another on one connection until told to stop."""

    def __init__(self, address: tuple[str, int], paths: list[str], etags: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(*address, timeout=30)
        self.paths, self.etags = paths, etags
        self.stopping = False
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.size = 0

    def run(self) -> None:
        number = 0
        while not self.stopping:
            path = self.paths[number % len(self.paths)]
            number += 1
            headers = {"If-None-Match": self.etags[path]} if path in self.etags else {}
            begin = time.perf_counter()
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
            self.size += len(answer.read())
            self.seconds.append(time.perf_counter() - begin)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1


def visit(
    site: Installation,
    paths: list[str],
    visitors: int,
    seconds: float,
    etags: dict[str, str] | None = None,
) -> list[Visitor]:
    crowd = [
        Visitor(site.address, paths[row:] + paths[:row], etags or {}) for row in range(visitors)
    ]
    for visitor in crowd:
        visitor.start()
    time.sleep(seconds)
    for visitor in crowd:
        visitor.stopping = True
    for visitor in crowd:
        visitor.join()
    return crowd


def report(name: str, crowd: list[Visitor], seconds: float) -> None:
    times = [each for visitor in crowd for each in visitor.seconds]
    statuses: dict[int, int] = {}
    for visitor in crowd:
        for status, count in visitor.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    megabytes = sum(visitor.size for visitor in crowd) / 1e6
    print(
        f"{name:<28}{len(times) / seconds:>8.1f}/s   p50 {1000 * statistics.median(times):>6.1f} ms"
        f"   p95 {1000 * percentile(times, 0.95):>6.1f} ms   {megabytes / seconds:>6.1f} MB/s"
        f"   {statuses}"
    )


def etags_of(site: Installation, paths: list[str]) -> dict[str, str]:
    connection = http.client.HTTPConnection(*site.address, timeout=30)
    found = {}
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        found[path] = answer.headers["ETag"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Requests per second for published photos.")
    parser.add_argument("--photos", type=int, default=240)
    parser.add_argument("--faces", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--database", help="SQLAlchemy address; default SQLite")
    arguments = parser.parse_args()
    with installation(arguments.database) as site:
        tokens = publish(site, arguments.photos, per_post=60, faces=arguments.faces)
        paths = [f"/beeld/{token}.jpg" for token in tokens]
        with running(site, "web"):
            visit(site, paths, 1, 2)  # the first requests load what the others find loaded
            seconds = arguments.seconds
            report("photo", visit(site, paths, arguments.visitors, seconds), seconds)
            report(
                "photo, visitor has it (304)",
                visit(site, paths, arguments.visitors, seconds, etags_of(site, paths)),
                seconds,
            )
            report(
                "post of 60 photos, alone", visit(site, ["/bericht/post-0"], 1, seconds), seconds
            )
            report(
                "gallery, 4 posts of 60", visit(site, ["/galerij/website/"], 1, seconds), seconds
            )


if __name__ == "__main__":
    main()
