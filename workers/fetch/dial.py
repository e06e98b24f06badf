"""The network below the HTTP client: names are resolved once, checked, and the checked address is the one dialled.

Every wait is cut to the request's deadline, so that a server that drips bytes cannot hold a thread. It must not know
requests, redirects or bodies.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from workers.fetch.addresses import Network, Resolve, dialable


class BlockedError(Exception):
    """Every address of the host is one that may not be dialled."""

    def __init__(self, host: str, addresses: Iterable[str]) -> None:
        self.host = host
        self.addresses = tuple(addresses)
        where = "" if self.addresses == (host,) else f" is at {', '.join(self.addresses) or 'no address'}, which"
        super().__init__(f"{host}{where} is not public and may not be fetched")


class Deadline(threading.local):
    """The moment by which the present thread's request must be over."""

    at: float = float("inf")

    def cut(self, timeout: float | None) -> float:
        """The shorter of a timeout and what is left.

        Raises:
            httpcore.ReadTimeout: nothing is left.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the whole request is over")
        return left if timeout is None else min(timeout, left)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over a pool that dials through the guard."""

    def __init__(self, allowed: Iterable[Network], deadline: Deadline, resolve: Resolve, connections: int) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=connections, max_keepalive_connections=connections // 2,
            keepalive_expiry=5.0, network_backend=_Backend(tuple(allowed), deadline, resolve),
        )  # fmt: skip


class _Backend(httpcore.NetworkBackend):
    def __init__(self, allowed: tuple[Network, ...], deadline: Deadline, resolve: Resolve) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as exc:
            raise httpcore.ConnectError(f"the name {host} has no address") from exc
        addresses = dialable(found, self._allowed)
        if not addresses:
            raise BlockedError(host, found)
        return _Stream(self._first(addresses, port, timeout), self._deadline)

    def _first(self, addresses: list[str], port: int, timeout: float | None) -> httpcore.NetworkStream:
        """A connection to the first address that answers."""
        for address in addresses[:-1]:
            try:
                return self._sockets.connect_tcp(address, port, self._deadline.cut(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._sockets.connect_tcp(addresses[-1], port, self._deadline.cut(timeout))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise BlockedError(path, ())


class _Stream(httpcore.NetworkStream):
    """A stream whose every wait ends by the deadline of the thread that waits."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
