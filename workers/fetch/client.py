"""The one HTTP client, for feeds, pages and webhooks: bounded in time, bytes and redirects, public addresses only.

Library errors become the project's own, each one line that names the address. It must not know feeds nor pages.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from domain.errors import MarsadError, PermanentFailure, TemporaryFailure
from workers.fetch.addresses import Network, Resolve, resolve
from workers.fetch.dial import BlockedError, Deadline, GuardedTransport
from workers.fetch.unpack import ACCEPTED, PackError, unpacker

_MOST_REDIRECTS = 8
_CONNECTIONS = 256
_LONGEST_VALIDATOR = 512
_LONGEST_URL = 4096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_PASSING = frozenset({408, 421, 423, 425, 429})
_NOT_MODIFIED = 304
_LONGEST_CONNECT = 10.0
_LONGEST_READ = 20.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered.

    `url`: where the body came from, after redirects. `headers`: names in lower case. `moved_permanently_to`: the new
    address where every redirect up to it was a permanent one, else None.
    """

    status: int
    url: str
    headers: dict[str, str]
    body: bytes = b""
    moved_permanently_to: str | None = None


class HttpClient:
    """Safe to use from many threads. `timeout`: seconds for a whole request, redirects and body included."""

    def __init__(
        self, allow_networks: Iterable[Network], user_agent: str, timeout: float, *, resolver: Resolve = resolve
    ) -> None:
        self._timeout = timeout
        self._deadline = Deadline()
        self._client = httpx.Client(
            transport=GuardedTransport(allow_networks, self._deadline, resolver, _CONNECTIONS),
            headers={"user-agent": user_agent, "accept-encoding": ACCEPTED},
            timeout=httpx.Timeout(min(timeout, _LONGEST_READ), connect=min(timeout, _LONGEST_CONNECT)),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False, trust_env=False,
        )  # fmt: skip

    def get(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, limit_bytes: int = 10_000_000
    ) -> Answer:
        """The body behind an address, or an answer of status 304 and no body where it is as the validators say.

        Raises:
            TemporaryFailure: 408, 429, 5xx, time-outs, names without address, broken connections.
            PermanentFailure: any other 4xx, a blocked address, too many redirects, more than `limit_bytes`.
        """
        headers = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "accept-language": "ar"}
        headers |= _validators(etag, last_modified)
        with self._bounded(url):
            return self._follow(url, headers, limit_bytes)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send a body; the answer's status is a 2xx and its body is not read. Redirects are not followed.

        Raises:
            TemporaryFailure: 408, 429, 5xx, time-outs, names without address, broken connections.
            PermanentFailure: every other status (with it), or a blocked address.
        """
        with self._bounded(url):
            check_url(url)
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                if response.status_code in _REDIRECTS:
                    where = response.headers.get("location", "elsewhere")
                    raise PermanentFailure(
                        f"{shown(url)} answered {response.status_code} to {where}: name the final address instead",
                        status=response.status_code,
                    )
                _check_status(url, response, asked=False)
                return Answer(status=response.status_code, url=url, headers=_headers(response))

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def _follow(self, url: str, headers: dict[str, str], limit_bytes: int) -> Answer:
        """One request after the other along the redirects."""
        seen = {url}
        moved: str | None = None
        permanent = True
        here = url
        while True:
            check_url(here, came_from=url)
            with self._client.stream("GET", here, headers=headers) as response:
                if response.status_code not in _REDIRECTS:
                    asked = "if-none-match" in headers or "if-modified-since" in headers
                    _check_status(here, response, asked=asked)
                    body = b"" if response.status_code == _NOT_MODIFIED else _body(here, response, limit_bytes)
                    return Answer(
                        status=response.status_code, url=here, headers=_headers(response), body=body,
                        moved_permanently_to=moved,
                    )  # fmt: skip
                status = response.status_code
                here = _next(url, here, response)
            permanent = permanent and status in _PERMANENT
            moved = here if permanent else moved
            if here in seen:
                raise PermanentFailure(f"{shown(url)} redirects in a circle, by way of {shown(here)}")
            if len(seen) > _MOST_REDIRECTS:
                raise PermanentFailure(
                    f"{shown(url)} redirects more than {_MOST_REDIRECTS} times: give its final address"
                )
            seen.add(here)

    @contextmanager
    def _bounded(self, url: str) -> Iterator[None]:
        """Hold the block to the time limit, and translate what the library raises."""
        self._deadline.at = time.monotonic() + self._timeout
        try:
            yield
        except MarsadError:
            raise
        except BlockedError as exc:
            raise PermanentFailure(
                f"{shown(url)}: {exc}; MARSAD_FETCH_ALLOW_NETWORKS names private networks that may be"
            ) from exc
        except httpx.TimeoutException as exc:
            raise TemporaryFailure(f"{shown(url)} gave no full answer within {self._timeout:g} seconds") from exc
        except httpx.HTTPError as exc:
            raise TemporaryFailure(f"{shown(url)} cannot be reached: {_reason(exc)}") from exc
        except (httpx.InvalidURL, UnicodeError, ValueError) as exc:
            raise PermanentFailure(f"{shown(url)} is no usable address: {exc}") from exc
        finally:
            self._deadline.at = float("inf")


def check_url(url: str, came_from: str | None = None) -> None:
    """Refuse an address that no feed or page of ours has.

    Raises:
        PermanentFailure: not http(s), no host, a password inside, or absurdly long.
    """
    via = f"{shown(came_from)} redirects to " if came_from is not None and came_from != url else ""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- reading it checks it
    except ValueError as exc:
        raise PermanentFailure(f"{via}{shown(url)}, which is no address: {exc}") from exc
    if parts.scheme.lower() not in ("http", "https"):
        raise PermanentFailure(f"{via}{shown(url)}: only http and https addresses are fetched")
    if not parts.hostname:
        raise PermanentFailure(f"{via}{shown(url)} names no host")
    if "@" in parts.netloc:
        raise PermanentFailure(f"{via}{shown(url)} carries a user name or password: remove it from the address")
    if len(url) > _LONGEST_URL:
        raise PermanentFailure(f"{via}{shown(url)} is longer than {_LONGEST_URL} characters")


def shown(url: str) -> str:
    """An address as messages show it: one line, of bearable length, without what stands before an @."""
    text = "".join(c if c.isprintable() else "?" for c in url)
    scheme, mark, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    if mark and "@" in host:
        text = f"{scheme}://…@{host.rpartition('@')[2]}{slash}{path}"
    return text if len(text) <= 300 else f"{text[:300]}…"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3): a number or a date; None where it says nothing."""
    if value is None:
        return None
    raw = value.strip()
    if raw.isascii() and raw.isdigit():
        return float(raw[:9])
    try:
        moment = parsedate_to_datetime(raw)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Conditional headers, from validators that a header can carry; others are forgotten rather than sent."""
    pairs = (("if-none-match", etag), ("if-modified-since", last_modified))
    return {k: v for k, v in pairs if v and len(v) <= _LONGEST_VALIDATOR and v.isascii() and v.isprintable()}


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _next(start: str, here: str, response: httpx.Response) -> str:
    location: str = response.headers.get("location", "").strip()
    if not location:
        raise PermanentFailure(
            f"{shown(start)} answered {response.status_code} and names no new address", status=response.status_code
        )
    try:
        return urljoin(here, location)
    except ValueError as exc:
        raise PermanentFailure(f"{shown(start)} redirects to {shown(location)}, which is no address") from exc


def _check_status(url: str, response: httpx.Response, *, asked: bool) -> None:
    """Raise for every status that is neither a success nor an expected 304."""
    status = response.status_code
    if 200 <= status < 300 or (status == _NOT_MODIFIED and asked):
        return
    line = f"{shown(url)} answered {status} {response.reason_phrase}".rstrip()
    if 400 <= status < 500 and status not in _PASSING:
        raise PermanentFailure(line, status=status)
    after = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
    raise TemporaryFailure(line, retry_after=after, status=status)


def _body(url: str, response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked; reading stops as soon as the limit is passed, packed or unpacked."""
    too_large = PermanentFailure(f"{shown(url)} is larger than {limit / 1_000_000:g} MB: no feed or article is")
    try:
        unpack = unpacker(response.headers.get("content-encoding", ""))
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:18]) > limit:
            raise too_large
        body = bytearray()
        arrived = 0
        for packed in response.iter_raw():
            arrived += len(packed)
            for piece in (packed,) if unpack is None else unpack.feed(packed):
                body += piece
                if len(body) > limit:
                    raise too_large
            if arrived > limit:
                raise too_large
        if unpack is not None:
            unpack.finish()
    except PackError as exc:
        raise TemporaryFailure(f"{shown(url)} cannot be unpacked: {exc}") from exc
    return bytes(body)


def _reason(exc: Exception) -> str:
    """The innermost reason in one short line."""
    text = " ".join(str(exc).split())
    return text[:200] or type(exc).__name__


__all__ = ["Answer", "HttpClient", "check_url", "retry_after", "shown"]
