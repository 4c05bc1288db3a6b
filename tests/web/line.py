"""A line between a client and a server on this machine that can be slow, far and cut."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")

_BLOCK = 16_384
_QUEUED = 64


@dataclass
class Line:
    """Passes bytes on to `port` of this machine, between `open` and `close`.

    `cuts`: after how many bytes upwards in all everything that is connected is cut off.
    `mbit`: how much fits through upwards, in millions of bits per second, for all connections
    together. `delay`: seconds from one end to the other.
    """

    port: int
    cuts: Sequence[int] = ()
    mbit: float | None = None
    delay: float = 0.0
    sent: int = 0
    times_cut: int = 0
    is_up: bool = True
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _free_at: float = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def __enter__(self) -> Line:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._connected, "127.0.0.1", 0))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def down(self) -> None:
        """Cut everything off, and let nobody in until `up`."""
        self.is_up = False
        self._loop.call_soon_threadsafe(self._cut_all)

    def up(self) -> None:
        self.is_up = True

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _ended(self) -> None:
        self._server.close()
        self._cut_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _cut_all(self) -> None:
        for writer in list(self._writers):
            _reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_up:
            _reset(writer)
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        both = {writer, back}
        self._writers |= both
        try:
            await asyncio.gather(
                self._pass_on(reader, back, True), self._pass_on(there, writer, False)
            )
        except asyncio.CancelledError:
            pass  # the line is taken away; the streams would report it as a crash
        finally:
            self._writers -= both
            for end in both:
                end.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, up: bool
    ) -> None:
        """Read and write apart, so that what is far is late but not slow."""
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED)
        writing = asyncio.create_task(self._arrive(way, writer))
        try:
            while data := await reader.read(_BLOCK):
                if up:
                    await self._count(len(data))
                await way.put((time.monotonic() + self.delay, data))
        except OSError:
            pass
        await way.put((time.monotonic() + self.delay, b""))
        await writing

    async def _count(self, size: int) -> None:
        if self.mbit is not None:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size * 8 / (self.mbit * 1e6)
            await asyncio.sleep(self._free_at - now)
        self.sent += size
        if self.times_cut < len(self.cuts) and self.sent >= self.cuts[self.times_cut]:
            self.times_cut += 1
            self._cut_all()

    async def _arrive(
        self, way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        gone = False
        while True:
            at, data = await way.get()
            if not data:
                break
            if gone:
                continue
            await asyncio.sleep(at - time.monotonic())
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                gone = True
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Gone without a farewell (RST), as a phone that leaves the network."""
    line = writer.get_extra_info("socket")
    if line is not None and line.fileno() >= 0:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
