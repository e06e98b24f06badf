"""What the models are trained on: sentences written for it, the shipped corpus, annotated texts that the user names.

It must not know the models.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from domain.reading.aboutness import Aboutness, load_aboutness
from domain.reading.dates import load_calendar
from domain.reading.extractor import RuleExtractor
from domain.reading.registry import FILES, load_registry
from domain.reading.regression import Weights, load_weights
from domain.reading.tendency import Tendency
from domain.reading.undertakings import Undertakings
from workers.demo.corpus import shipped
from workers.settings import SEEDS

REGISTRY = SEEDS / "registry"
_SMALL = 0.02  # weights below are left out of a file
TRACKED = frozenset({"RUS", "USA", "FRA", "NATO"})


class Sentence(msgspec.Struct, frozen=True):
    """One training sentence: a tracked actor on one issue; `stance` None: it takes no side. `kind`: the type."""

    name: str
    issue: str
    actor: str
    stance: str | None
    kind: str
    text: str


class Article(msgspec.Struct, frozen=True):
    """One annotated text, with its events in the form of the gold files."""

    name: str
    text: str
    published: date | None
    all_events: tuple[dict[str, Any], ...]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that are no summits."""
        return [e for e in self.all_events if e["type"] != "summit"]

    def about(self, actor: str, issue: str) -> list[dict[str, Any]]:
        """The events of an actor on an issue."""
        return [e for e in self.events if e["actor"] == actor and e.get("issue") == issue]


def reader(
    tendency: Tendency | None = None, aboutness: Aboutness | None = None, undertakings: Undertakings | None = None
) -> RuleExtractor:
    """The extractor by rule, and by the models that are given."""
    registry = load_registry({name: (REGISTRY / name).read_text("utf-8") for name in FILES})
    calendar = load_calendar((REGISTRY / "calendar.toml").read_text("utf-8"))
    return RuleExtractor(registry, calendar, tendency, aboutness, None, undertakings)


def aboutness() -> Aboutness | None:
    """The model of issues as it was trained last, which finds what the sides are about."""
    path = REGISTRY / "about.json"
    return load_aboutness(path.read_text("utf-8")) if path.is_file() else None


def tendency() -> Tendency | None:
    """The model of sides as it was trained last."""
    path = REGISTRY / "stance.json"
    return Tendency(load_weights(path.name, path.read_text("utf-8"))) if path.is_file() else None


def sentences(folder: Path = SEEDS / "training") -> Iterator[Sentence]:
    """The sentences written for training: `stance TAB actor TAB type TAB sentence`, one file an issue."""
    for path in sorted(set(folder.glob("*.tsv")) - {folder / "deeds.tsv"}):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            stance, actor, kind, text = line.split("\t")
            yield Sentence(f"{path.stem}:{number}", path.stem, actor, None if stance == "none" else stance, kind, text)


def articles(gold: list[Path], texts: Path | None) -> Iterator[Article]:
    """The shipped corpus, the texts written for training, then those of more gold files that lie under `texts`."""
    for article in shipped()[1]:
        yield _article(article.id, article.text, article.published, article.events)
    for line in (SEEDS / "training" / "articles.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield _article(entry["id"], entry["text"], entry["published"], tuple(entry["events"]))
    for path in gold:
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            file = (texts or path.parent) / f"{entry['id']}.txt"
            if file.is_file():
                text = file.read_bytes().decode("utf-8")
                yield _article(entry["id"], text, entry.get("published"), tuple(entry["events"]))


def _article(name: str, text: str, published: str | None, events: tuple[dict[str, Any], ...]) -> Article:
    day = None if published is None else date.fromisoformat(published)
    return Article(name, text, day, events)


def values(event: Mapping[str, Any], field: str) -> list[Any]:
    """The values that an annotation allows for a field."""
    return [event.get(field), *(event.get("alt") or {}).get(field, [])]


def overlaps(event: dict[str, Any], span: tuple[int, int]) -> bool:
    """Whether an event's evidence lies in a span."""
    return any(a < span[1] and span[0] < b for a, b in event["evidence"])


def arguments(what: str, default: str) -> argparse.Namespace:
    """The arguments that both training commands take."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--gold", action="append", default=[], type=Path, help="more annotations (JSON Lines)")
    parser.add_argument("--texts", type=Path, help="the folder of their texts, id.txt")
    parser.add_argument("--test", action="store_true", help="print what a test by folds gives")
    parser.add_argument("--out", type=Path, default=REGISTRY / default)
    return parser.parse_args()


def fold_of(names: list[str], folds: int) -> dict[str, int]:
    """Which part of the material tests a text: nothing of a text stands in two parts."""
    return {name: index % folds for index, name in enumerate(sorted(set(names)))}


def write(path: Path, fitted: Weights, seen: int) -> None:
    """Write a model as the service reads it, without weights that are next to nothing, and say so."""
    weights = {
        f: [round(w, 2) for w in row] for f, row in sorted(fitted.weights.items()) if max(map(abs, row)) >= _SMALL
    }
    model = {"bias": [round(b, 3) for b in fitted.bias], "weights": weights}
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":")).replace("],", "],\n")
    path.write_text(text + "\n", "utf-8")
    sys.stdout.write(f"{seen} examples, {len(weights)} features: {path.name} written\n")
