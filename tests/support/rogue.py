"""A webhook's receiving end that misbehaves: what a path is called is what it does. It must not know what is sent.

`/ok` 204 · `/slow` 204 after a while · `/hang` never answers · `/reset` cuts the connection · `/500`, `/410` ·
`/redirect` to `/ok` · `/big` ten megabytes · `/endless` headers without end.
"""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET, socket

import msgspec

BIG = 10 * 1024 * 1024
_LINGER = struct.pack("ii", 1, 0)


class Taken(msgspec.Struct, frozen=True):
    """A message that was answered 2xx."""

    name: str
    key: str
    body: bytes
    at: float


class Rogue:
    """`healed`: every path answers 204. `sent`: bytes that left for `/big`."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[Taken] = []
        self.asked = 0
        self.sent = 0
        self.healed: set[str] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, of as many requests as come."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                name, headers = await _head(reader)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked += 1
                if not await self._do(name, headers, body, writer):
                    break
        with suppress(ConnectionError):
            writer.close()

    async def _do(self, name: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> bool:
        kind = "ok" if name in self.healed else name.partition("-")[0]
        if kind == "hang":
            await asyncio.sleep(3600)
        if kind == "reset":
            raw: socket = writer.get_extra_info("socket")
            raw.setsockopt(SOL_SOCKET, SO_LINGER, _LINGER)
            return False
        if kind == "endless":
            writer.write(b"HTTP/1.1 204 No Content\r\n")
            while True:
                writer.write(b"x-more: 1\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        if kind in ("500", "410"):
            writer.write(f"HTTP/1.1 {kind} Sorry\r\ncontent-length: 0\r\n\r\n".encode())
        elif kind == "redirect":
            writer.write(f"HTTP/1.1 307 There\r\nlocation: {self.url}/ok\r\ncontent-length: 0\r\n\r\n".encode())
        elif kind == "big":
            await self._flood(writer)
        else:
            await asyncio.sleep(1.0 if kind == "slow" else 0)
            self.taken.append(Taken(name, headers.get("webhook-id", ""), body, time.time()))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        return True

    async def _flood(self, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {BIG}\r\n\r\n".encode())
        for _ in range(BIG // 65536):
            writer.write(bytes(65536))
            await writer.drain()
            self.sent += 65536


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return lines[0].split()[1].strip("/"), {name.lower(): value.strip() for name, _, value in pairs}


@contextmanager
def misbehaving() -> Iterator[Rogue]:
    """The endpoint on a free port of the loopback."""
    rogue = Rogue()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(rogue.answer, "127.0.0.1", 0, backlog=1024)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    rogue.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield rogue
    finally:

        async def stop() -> None:
            server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
