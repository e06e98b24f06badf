"""The settings: read once, from the environment and an optional file, checked before anything starts.

It must not open anything but the file that `MARSAD_CONFIG` names.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from domain.errors import SettingError

OWN_LIST = "feeds.opml"  # in MARSAD_DATA, once the shipped list was changed by command
SEEDS = Path(__file__).resolve().parent.parent / "seeds"
Network = IPv4Network | IPv6Network
Value = TypeVar("Value")
_TESTS = "MARSAD_TEST_"  # what the tests are told, not the service


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set. Seconds throughout; `redis_url` None: the in-process broker."""

    data: Path
    database_url: str
    redis_url: str | None
    feeds: Path
    registry: Path
    allow_networks: tuple[Network, ...]
    host: str
    port: int
    hosts: tuple[str, ...]
    login: Literal["changes", "everything"]
    metrics_token: str | None
    threads: int
    poll_seconds: float
    poll_shortest: float
    poll_longest: float
    host_delay: float
    fetch_timeout: float
    lease_seconds: float
    attempts: int
    user_agent: str
    alert_wait: float
    smtp_url: str | None
    mail_from: str
    public_url: str | None
    api_rate: int

    @property
    def is_exposed(self) -> bool:
        """Whether others than this machine can reach the pages."""
        return not is_loopback(self.host)

    @property
    def is_fleet(self) -> bool:
        """Whether several processes may share the work: they need a database server and a queue between them."""
        return self.redis_url is not None and not self.on_sqlite

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file of this one process."""
        return self.database_url.startswith("sqlite")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        SettingError: a value is wrong; the message names the variable and what it takes.
    """
    source = _Source(os.environ if environ is None else environ)
    data = source.get("MARSAD_DATA", Path("var"), _path)
    settings = Settings(
        data=data,
        database_url=source.get("MARSAD_DATABASE_URL", f"sqlite:///{data / 'marsad.db'}", _database, secret=True),
        redis_url=source.get("MARSAD_REDIS_URL", None, _redis, secret=True),
        feeds=source.get("MARSAD_FEEDS", _own_list(data), _file),
        registry=source.get("MARSAD_REGISTRY", SEEDS / "registry", _folder),
        allow_networks=source.get("MARSAD_FETCH_ALLOW_NETWORKS", (), _networks),
        host=(host := source.get("MARSAD_HOST", "127.0.0.1", _line)),
        port=source.get("MARSAD_PORT", 8080, _between(0, 65535)),
        hosts=source.get("MARSAD_HOSTS", (), _names),
        login=source.get("MARSAD_LOGIN", "changes" if is_loopback(host) else "everything", _login),
        metrics_token=source.get("MARSAD_METRICS_TOKEN", None, _line, secret=True),
        threads=source.get("MARSAD_THREADS", 8, _between(1, 256)),
        poll_seconds=source.get("MARSAD_POLL_SECONDS", 900.0, _seconds),
        poll_shortest=source.get("MARSAD_POLL_SHORTEST", 300.0, _seconds),
        poll_longest=source.get("MARSAD_POLL_LONGEST", 21600.0, _seconds),
        host_delay=source.get("MARSAD_HOST_DELAY", 1.0, _seconds),
        fetch_timeout=source.get("MARSAD_FETCH_TIMEOUT", 30.0, _seconds),
        lease_seconds=source.get("MARSAD_LEASE_SECONDS", 120.0, _seconds),
        attempts=source.get("MARSAD_ATTEMPTS", 6, _between(1, 100)),
        user_agent=source.get("MARSAD_USER_AGENT", "Marsad/0.1 (Arabic news observatory)", _line),
        alert_wait=source.get("MARSAD_ALERT_WAIT", 30.0, _seconds),
        smtp_url=source.get("MARSAD_SMTP_URL", None, _smtp, secret=True),
        mail_from=source.get("MARSAD_MAIL_FROM", "marsad@localhost", _mailbox),
        public_url=source.get("MARSAD_PUBLIC_URL", None, _page),
        api_rate=source.get("MARSAD_API_RATE", 600, _between(0, 1_000_000)),
    )
    source.refuse_unknown()
    return settings


def is_loopback(host: str) -> bool:
    """Whether a name or an address to listen on is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _login(raw: str) -> Literal["changes", "everything"]:
    known: dict[str, Literal["changes", "everything"]] = {"changes": "changes", "everything": "everything"}
    found = known.get(raw)
    if found is None:
        raise ValueError("write changes, or everything")
    return found


class _Source:
    """Environment over file; remembers what was asked for, so that misspelt names are refused."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._file = _read_file(environ.get("MARSAD_CONFIG"))
        self._asked = {"MARSAD_CONFIG"}

    def get(self, name: str, default: Value, convert: Callable[[str], Value], *, secret: bool = False) -> Value:
        self._asked |= {name, f"{name}_FILE"} if secret else {name}
        raw = self._environ.get(name, self._file.get(name))
        if raw is None and secret and f"{name}_FILE" in self._environ:
            raw = _secret(f"{name}_FILE", self._environ[f"{name}_FILE"])
        if raw is None or raw == "":
            return default
        try:
            return convert(raw)
        except (ValueError, OSError) as exc:
            shown = "its value" if secret else repr(raw)
            raise SettingError(f"{name}: {shown} cannot be used: {exc}") from exc

    def refuse_unknown(self) -> None:
        names = {n for n in self._environ if n.startswith("MARSAD_") and not n.startswith(_TESTS)} | set(self._file)
        unknown = sorted(names - self._asked)
        if unknown:
            raise SettingError(f"{unknown[0]} is no setting of Marsad; known are {', '.join(sorted(self._asked))}")


def _read_file(name: str | None) -> dict[str, str]:
    if not name:
        return {}
    try:
        raw: dict[str, Any] = tomllib.loads(Path(name).read_text("utf-8"))
    except OSError as exc:
        raise SettingError(f"MARSAD_CONFIG: {name} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingError(f"MARSAD_CONFIG: {name} is not valid TOML: {exc}") from exc
    return {key: ",".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in raw.items()}


def _secret(variable: str, name: str) -> str:
    try:
        return Path(name).read_text("utf-8").strip()
    except OSError as exc:
        raise SettingError(f"{variable}: {name} cannot be read: {exc.strerror}") from exc


def _own_list(data: Path) -> Path:
    own = data / OWN_LIST
    return own if own.is_file() else SEEDS / "feeds.opml"


def _path(raw: str) -> Path:
    path = Path(raw).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError("it is a file, not a folder")
    return path


def _file(raw: str) -> Path:
    path = Path(raw).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def _folder(raw: str) -> Path:
    path = Path(raw).expanduser()
    if not path.is_dir():
        raise ValueError("there is no such folder")
    return path


def _database(raw: str) -> str:
    if not raw.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError("write sqlite:///folder/marsad.db or postgresql://user@host/name")
    return raw


def _redis(raw: str) -> str | None:
    if urlsplit(raw).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("write redis://host:6379/0")
    return raw


def _smtp(raw: str) -> str | None:
    if urlsplit(raw).scheme not in ("smtp", "smtps") or not urlsplit(raw).hostname:
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host")
    return raw


def _mailbox(raw: str) -> str:
    name, at, host = raw.partition("@")
    if not (name and at and host and raw.isascii() and raw.isprintable() and " " not in raw and "@" not in host):
        raise ValueError("write an address like alerts@example.org")
    return raw


def _page(raw: str) -> str | None:
    if urlsplit(raw).scheme not in ("http", "https") or not urlsplit(raw).hostname:
        raise ValueError("write the address of the page as others reach it, https://marsad.example.org")
    return raw.rstrip("/")


def _networks(raw: str) -> tuple[Network, ...]:
    return tuple(_network(part.strip()) for part in raw.replace(";", ",").split(",") if part.strip())


def _network(raw: str) -> Network:
    try:
        return ip_network(raw)
    except ValueError as exc:
        raise ValueError(f"{exc}: write networks like 127.0.0.0/8, with a comma between") from exc


def _names(raw: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in raw.split(",") if part.strip())
    for name in names:
        if not all(c.isalnum() or c in "-._" for c in name):
            raise ValueError(f"{name!r} is no host name: write names with a comma between, without scheme or port")
    return names


def _line(raw: str) -> str:
    if not (raw.isascii() and raw.isprintable()):
        raise ValueError("write one line of Latin letters, digits and signs")
    return raw


def _number(kind: Callable[[str], Value], raw: str, name: str) -> Value:
    try:
        return kind(raw)
    except ValueError as exc:
        raise ValueError(f"it is not {name}") from exc


def _between(low: int, high: int) -> Callable[[str], int]:
    def convert(raw: str) -> int:
        value = _number(int, raw, "a whole number")
        if not low <= value <= high:
            raise ValueError(f"it must lie between {low} and {high}")
        return value

    return convert


def _seconds(raw: str) -> float:
    value = _number(float, raw, "a number")
    if not 0 <= value < 1e7:
        raise ValueError("it must be a number of seconds, not below 0")
    return value
