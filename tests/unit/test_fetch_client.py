"""The client's small parts: Retry-After, what is shown of an address, which addresses are refused unseen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import PermanentFailure
from workers.fetch.client import check_url, retry_after, shown

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None), ("120", 120.0), (" 0 ", 0.0), ("Sun, 01 Mar 2026 12:02:00 GMT", 120.0),
        ("Sun, 01 Mar 2026 15:01:00 +0300", 60.0), ("Sat, 28 Feb 2026 12:00:00 GMT", 0.0), ("soon", None), ("", None),
        ("-5", None), ("1.5", None), ("١٢", None), ("9" * 40, 999_999_999.0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/feed", "gopher://example.org/", "javascript:alert(1)",
        "data:text/html,x", "http:///path", "//example.org/feed", "", "http://user:secret@example.org/", "http://[::1",
        "http://example.org:99999/", "http://example.org/" + "a" * 5000,
    ],
)  # fmt: skip
def test_addresses_of_no_feed_or_page_are_refused(url: str) -> None:
    with pytest.raises(PermanentFailure):
        check_url(url)


def test_messages_show_one_line_and_no_password() -> None:
    assert shown("http://user:secret@example.org/a@b") == "http://…@example.org/a@b"
    assert "\n" not in shown("http://example.org/\r\nSet-Cookie: x")
    assert len(shown("http://example.org/" + "a" * 5000)) < 320
    with pytest.raises(PermanentFailure, match="redirects to") as caught:
        check_url("http://u:secret@example.org/", came_from="http://first.example/")
    assert "secret" not in str(caught.value)
