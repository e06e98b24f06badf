"""From spans back to words: the sentences of evidence, out of the stored texts.

It must not know what the evidence is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from domain.events import Span
from workers.store import schema as t

GAP = " … "  # between sentences that do not follow each other


class Texts:
    """The texts of some articles, all their versions, by version and by hash."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_version: dict[tuple[str, int], str] = {}
        self._by_hash: dict[tuple[str, str], str] = {}

    def load(self, articles: Iterable[str]) -> None:
        """Fetch the texts of these articles."""
        ids = sorted(set(articles))
        table = t.article_versions
        query = select(table.c.article_id, table.c.version, table.c.text_sha256, table.c.text)
        for i in range(0, len(ids), 500):
            for row in self._connection.execute(query.where(table.c.article_id.in_(ids[i : i + 500]))):
                text = row.text or ""  # an erased text leaves the evidence without words
                self._by_version[row.article_id, row.version] = text
                self._by_hash[row.article_id, row.text_sha256] = text

    def words(
        self, article: str, spans: Sequence[Span], *, version: int | None = None, sha256: str | None = None
    ) -> str:
        """The sentences of an article version at these spans; empty where the text is gone or was never here."""
        text = self.whole(article, version=version, sha256=sha256)
        return GAP.join(text[start:end] for start, end in spans) if text else ""

    def whole(self, article: str, *, version: int | None = None, sha256: str | None = None) -> str:
        """The text of an article version; empty where it is gone or was never here."""
        text = ""
        if sha256:
            text = self._by_hash.get((article, sha256), "")
        if not text and version is not None:
            text = self._by_version.get((article, version), "")
        return text
