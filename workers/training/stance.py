"""Trains the model of stances (`seeds/registry/stance.json`) on annotated sentences and articles.

`python -m workers.training.stance [--gold GOLD.jsonl --texts DIR]...` trains on `seeds/training/` and the shipped corpus,
and on more annotated texts where they are named. Prints what a five-fold test gives, by issue. It must not run in the service.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from domain.reading.dates import load_calendar
from domain.reading.extractor import RuleExtractor, Surveyed
from domain.reading.registry import FILES, load_registry
from domain.reading.tendency import CLASSES, leaning_of, stance_of
from workers.demo.corpus import shipped
from workers.settings import SEEDS
from workers.training.logistic import Example, fit, predict

_FOLDS = 5
_SMALL = 0.02  # weights below are left out of the file
_UNSURE, _NO_EVENT = 0.4, 0.5  # weights of optional events, and of clauses that yield none


class Item(msgspec.Struct, frozen=True):
    """An example with where it comes from, for the test by folds. `group`: what must not be split over folds."""

    example: Example
    group: str
    issue: str
    gold: str | None
    direction: int
    rule: str | None


def main() -> None:
    """Train, test, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", action="append", default=[], type=Path, help="more annotations (JSON Lines)")
    parser.add_argument("--texts", type=Path, help="the folder of their texts, id.txt")
    parser.add_argument("--out", type=Path, default=SEEDS / "registry" / "stance.json")
    args = parser.parse_args()
    reader = _reader()
    items = [*_from_sentences(reader, SEEDS / "training"), *_from_corpus(reader)]
    for path in args.gold:
        items += _from_gold(reader, path, args.texts)
    _test(items)
    fitted = fit([item.example for item in items], len(CLASSES))
    weights = {
        feature: [round(w, 2) for w in row]
        for feature, row in sorted(fitted.weights.items())
        if max(map(abs, row)) >= _SMALL
    }
    model = {"bias": [round(b, 3) for b in fitted.bias], "weights": weights}
    args.out.write_text(
        json.dumps(model, ensure_ascii=False, separators=(",", ":")).replace("],", "],\n") + "\n", "utf-8"
    )
    sys.stdout.write(f"{len(items)} examples, {len(weights)} features: {args.out.name} written\n")


def _reader() -> RuleExtractor:
    folder = SEEDS / "registry"
    registry = load_registry({name: (folder / name).read_text("utf-8") for name in FILES})
    return RuleExtractor(registry, load_calendar((folder / "calendar.toml").read_text("utf-8")))


def _from_sentences(reader: RuleExtractor, folder: Path) -> Iterator[Item]:
    """The sentences written for training: `stance TAB actor TAB sentence`, one file an issue."""
    missed: Counter[str] = Counter()
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            stance, actor, text = line.split("\t")
            seen = [s for s in reader.survey(text, published=None) if s.issue == path.stem]
            best = min(seen, key=lambda s: s.actor != actor, default=None)
            if best is None:
                missed[path.stem] += 1
                continue
            gold = None if stance == "none" else stance
            yield _item(best, gold, f"{path.stem}:{number}", 1.0)
    for issue, n in sorted(missed.items()):
        sys.stdout.write(f"  {issue:<30} {n} sentences in which the issue or the speaker is not found\n")


def _from_corpus(reader: RuleExtractor) -> Iterator[Item]:
    _, articles = shipped()
    for article in articles:
        yield from _from_text(reader, article.text, article.published, article.events, article.id)


def _from_gold(reader: RuleExtractor, path: Path, texts: Path) -> Iterator[Item]:
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        file = texts / f"{entry['id']}.txt"
        if file.is_file():
            text = file.read_bytes().decode("utf-8")
            yield from _from_text(reader, text, entry.get("published"), entry["events"], entry["id"])


def _from_text(
    reader: RuleExtractor, text: str, published: str | None, events: Iterable[dict[str, Any]], name: str
) -> Iterator[Item]:
    """Clauses that carry an annotated event get its stance; other clauses of tracked actors none."""
    day = None if published is None else date.fromisoformat(published)
    wanted = [e for e in events if e["type"] != "summit"]
    for seen in reader.survey(text, published=day):
        about = [e for e in wanted if e["actor"] == seen.actor and e.get("issue") == seen.issue]
        here = [e for e in about if any(a < seen.span[1] and seen.span[0] < b for a, b in e["evidence"])]
        if here:
            event = here[0]
            yield _item(seen, event.get("stance"), name, 1.0 if event.get("sure", True) else _UNSURE)
        elif not about and seen.actor in ("RUS", "USA", "FRA", "NATO"):
            yield _item(seen, None, name, _NO_EVENT)


def _item(seen: Surveyed, gold: str | None, group: str, weight: float) -> Item:
    label = CLASSES.index(leaning_of(gold, seen.direction))
    return Item(Example(seen.features, label, weight), group, seen.issue, gold, seen.direction, seen.rule)


def _test(items: Sequence[Item]) -> None:
    """Each example predicted by a model that saw nothing of its text."""
    right: dict[str, Counter[str]] = defaultdict(Counter)
    groups = sorted({item.group for item in items})
    fold_of = {group: index % _FOLDS for index, group in enumerate(groups)}
    for fold in range(_FOLDS):
        model = fit([i.example for i in items if fold_of[i.group] != fold], len(CLASSES))
        for item in items:
            if fold_of[item.group] == fold:
                odds = predict(model, item.example.features)
                leaning = CLASSES[max(range(len(odds)), key=odds.__getitem__)]
                row = right[item.issue]
                row["n"] += 1
                row["model"] += stance_of(leaning, item.direction) == item.gold
                row["rules"] += item.rule == item.gold
    total: Counter[str] = Counter()
    for issue, row in sorted(right.items()):
        total.update(row)
        sys.stdout.write(
            f"  {issue:<30} n {row['n']:>4}   rules {row['rules'] / row['n']:.2f}   model {row['model'] / row['n']:.2f}\n"
        )
    sys.stdout.write(
        f"  {'all':<30} n {total['n']:>4}   rules {total['rules'] / total['n']:.2f}   model {total['model'] / total['n']:.2f}\n"
    )


if __name__ == "__main__":
    main()
