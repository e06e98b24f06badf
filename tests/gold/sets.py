"""The annotated sets: which files each is made of, where its texts lie, and its figures today.

`python -m tests.gold.sets` prints floors a little under today's figures, in the form of `floors.toml`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import msgspec

from domain.reading.extractor import RuleExtractor
from domain.reading.registry import Registry
from domain.scoring import Article, Scored, found_of, score
from workers.bootstrap import App, parse_day
from workers.gold import Texts, read_gold
from workers.settings import SEEDS, load_settings

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("GOLD_TEXTS") or HERE.parents[2] / "shared" / "data")
FIELDS = ("f1", "f1_stance", "stance", "speaker", "attribution", "day", "evidence", "empty_articles_kept_empty")
MARGIN = 0.02


class GoldSet(msgspec.Struct, frozen=True):
    """Files of annotations, and the folder of their texts; None: the texts are shipped."""

    files: tuple[Path, ...]
    texts: Path | None

    @property
    def present(self) -> bool:
        """Whether the texts can be read here."""
        return self.texts is None or (self.texts.is_dir() and all(f.exists() for f in self.files))

    def articles(self) -> list[Article]:
        """The annotated lines of all files."""
        return [article for file in self.files for article in read_gold(file)]


SETS = {
    "seeds": GoldSet((DATA / "seeds" / "gold.jsonl",), DATA / "seeds"),
    "tuned": GoldSet(tuple(HERE / f"{name}.jsonl" for name in ("tuned", "tuned-a", "tuned-b")), DATA),
    "untuned": GoldSet((HERE / "untuned.jsonl",), DATA),
    "corpus": GoldSet((SEEDS / "corpus" / "gold.jsonl",), None),
}


@cache
def app() -> App:
    """The parts as they are shipped, whatever the environment says."""
    return App(load_settings({}))


def registry() -> Registry:
    """The shipped registry."""
    return app().registry


def extractor() -> RuleExtractor:
    """The extractor on the shipped data files."""
    return app().extractor


@cache
def scored(name: str) -> Scored:
    """One set, read by the extractor and scored."""
    chosen = SETS[name]
    articles, library = chosen.articles(), Texts(chosen.texts)
    found = {
        a.id: tuple(found_of(e) for e in extractor().read(library.of(a), published=parse_day(a.published, a.id)))
        for a in articles
    }
    return score(articles, found, registry().tracked)


def figures(name: str) -> dict[str, float]:
    """The figures of one set that have a floor; one that has no base is left out."""
    report = scored(name).report
    values: dict[str, float | None] = {
        "f1": report.f1, "f1_stance": report.f1_stance, **msgspec.structs.asdict(report.on_matches),
        "empty_articles_kept_empty": report.empty_articles_kept_empty,
    }  # fmt: skip
    return {field: value for field in FIELDS if (value := values[field]) is not None}


def _main() -> None:
    for name, chosen in SETS.items():
        if chosen.present:
            floors = (f"{field} = {max(value - MARGIN, 0):.3f}" for field, value in figures(name).items())
            print(f"[{name}]", *floors, "", sep="\n")


if __name__ == "__main__":
    _main()
