"""Every error that Marsad raises on purpose, branched by what the caller does next.

    MarsadError
    ├── Refused                 the input is wrong: say so, name it, do not try again
    │   ├── SettingError        an environment variable or a configuration file
    │   ├── RegistryError       a data file under seeds/ (names the file and the line)
    │   ├── InputError          a file, a page, a feed, an event or an argument given by a user
    │   │   └── OtherLanguage   an article that is not in Arabic
    │   └── SchemaError         the database's schema is not the one this release works on
    ├── Conflict                somebody else was first: read again, then decide
    ├── TemporaryFailure        try again later (time-outs, 429, 5xx, a locked database)
    │   ├── StoreAway           our own database did not answer: nothing is wrong with the work
    │   └── NotYet              it is not the turn of this work: it was not tried, and does not count as a try
    └── PermanentFailure        give up and record it (404, 410, a page that holds no article)
        └── SetAside            nothing is wrong: it is not for us (an article in another language)

It must not know any library: adapters translate at the boundary, with `from exc`.
"""

from __future__ import annotations


class MarsadError(Exception):
    """Root of the tree; its text is one line that names the thing and what to do."""


class Refused(MarsadError):  # noqa: N818 -- a branch of the tree, named for what the caller does
    """The input is wrong and stays wrong."""


class SettingError(Refused):
    """A setting has a bad value; the message names the variable."""


class RegistryError(Refused):
    """A data file is wrong; the message names the file and the line."""

    def __init__(self, file: str, line: int | None, message: str) -> None:
        self.file = file
        self.line = line
        where = file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {message}")


class InputError(Refused):
    """Something a user handed in cannot be used."""


class OtherLanguage(InputError):  # noqa: N818 -- what is wrong with the input
    """A text is in another language than Arabic; `language` is its code, `und` where nobody knows."""

    def __init__(self, message: str, *, language: str) -> None:
        self.language = language
        super().__init__(message)


class SchemaError(Refused):
    """The database's schema is older or newer than this release."""


class Conflict(MarsadError):  # noqa: N818 -- a branch of the tree, named for what the caller does
    """The expected version of a stream is not the present one."""


class TemporaryFailure(MarsadError):  # noqa: N818 -- a branch of the tree, named for what the caller does
    """Trying again later may succeed.

    `retry_after` is in seconds, where the other side named a time; `status` is the HTTP status where there was one.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        self.retry_after = retry_after
        self.status = status
        super().__init__(message)


class StoreAway(TemporaryFailure):
    """The database is locked or away."""


class NotYet(TemporaryFailure):
    """Somebody else's turn; `seconds` is when to come back."""

    def __init__(self, message: str, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message, retry_after=seconds)


class PermanentFailure(MarsadError):  # noqa: N818 -- a branch of the tree, named for what the caller does
    """Trying again cannot succeed; `status` is the HTTP status where there was one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class SetAside(PermanentFailure):
    """An article that is not for us; `language` is the code of the one that it is in."""

    def __init__(self, message: str, *, language: str) -> None:
        self.language = language
        super().__init__(message)
