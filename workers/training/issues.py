"""Trains the model of issues, `seeds/registry/about.json`: `python -m workers.training.issues`.

One regression an issue. Prints what a five-fold test gives on the annotated texts beside the rules alone. Nothing of it
runs in the service.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from domain.reading.aboutness import AboutModel
from domain.reading.extractor import RuleExtractor, Stretch
from workers.training import material
from workers.training.logistic import Example, fit_two

_FOLDS = 4
_SMALL = 0.3  # weights below are left out of the file
_YES, _NO = 0, 1


class Item(msgspec.Struct, frozen=True):
    """A stretch of words with the issues it is about, and those that nobody can tell (`open`)."""

    name: str
    stretch: Stretch
    issues: frozenset[str]
    open: frozenset[str]
    written: bool  # for training, rather than an annotated text


def main() -> None:
    """Train, test, write."""
    args = material.arguments(str(__doc__), "about.json")
    reader = material.reader()
    items = [*of_sentences(reader)]
    for article in material.articles(args.gold, args.texts):
        items += of_article(reader, article)
    issues = sorted({issue for item in items for issue in item.issues})
    if args.test:
        _test(items, issues)
    model = model_of(items)
    text = json.dumps(msgspec.to_builtins(model), ensure_ascii=False, separators=(",", ":"))
    args.out.write_text(text.replace("},", "},\n") + "\n", "utf-8")
    count = sum(map(len, model.weights.values()))
    sys.stdout.write(f"{len(items)} stretches, {count} weights: {args.out.name} written\n")


def model_of(items: Sequence[Item]) -> AboutModel:
    """The model of all issues that the items name."""
    bias: dict[str, float] = {}
    weights: dict[str, dict[str, float]] = {}
    for issue in sorted({issue for item in items for issue in item.issues}):
        plain, found = _fit(items, issue)
        bias[issue] = round(plain, 3)
        weights[issue] = {f: round(w, 2) for f, w in sorted(found.items()) if abs(w) >= _SMALL}
    return AboutModel(bias=bias, weights=weights)


def of_sentences(reader: RuleExtractor) -> Iterator[Item]:
    """The sentences written for training."""
    for sentence in material.sentences():
        yield from _of_sentence(reader, sentence)


def _of_sentence(reader: RuleExtractor, sentence: material.Sentence) -> Iterator[Item]:
    """The stretch of the sentence on its issue: one that the rules know, else its actor's, else the longest."""
    found = reader.stretches(sentence.text, published=None)
    if not found:
        return
    best = max(found, key=lambda s: (sentence.issue in s.ruled, s.actor == sentence.actor, s.words))
    yield Item(sentence.name, best, frozenset({sentence.issue}), frozenset(best.ruled) - {sentence.issue}, True)


def of_article(reader: RuleExtractor, article: material.Article) -> Iterator[Item]:
    """The stretches of an annotated text."""
    for stretch in reader.stretches(article.text, published=article.published):
        here = [e for e in article.events if material.overlaps(e, stretch.span) and e.get("issue")]
        named = frozenset(e["issue"] for e in here if e["actor"] == stretch.actor)
        unsure = frozenset(e["issue"] for e in here) - named
        if stretch.actor not in material.TRACKED:
            unsure |= frozenset(stretch.ruled)
        yield Item(article.name, stretch, named, unsure, False)


def _fit(items: Sequence[Item], issue: str) -> tuple[float, dict[str, float]]:
    examples = [Example(i.stretch.features, _YES if issue in i.issues else _NO) for i in items if issue not in i.open]
    return fit_two(examples, least=4, decay=1e-3)


def _test(items: Sequence[Item], issues: Sequence[str]) -> None:
    """Annotated texts' stretches of tracked actors, each by models that saw nothing of its text."""
    folds = material.fold_of([item.name for item in items], _FOLDS)
    counts: Counter[str] = Counter()
    for fold in range(_FOLDS):
        known = [item for item in items if folds[item.name] != fold]
        asked = [i for i in items if folds[i.name] == fold and not i.written and i.stretch.actor in material.TRACKED]
        for issue in issues:
            bias, weights = _fit(known, issue)
            for item in (i for i in asked if issue not in i.open):
                wanted, ruled = issue in item.issues, issue in item.stretch.ruled
                score = bias + sum(weights.get(f, 0.0) for f in item.stretch.features)
                amended = score >= -4 if ruled else score >= 0.2
                for name, said in (("rules", ruled), ("model", score >= 0), ("both", amended)):
                    counts[f"{name} right"] += said and wanted
                    counts[f"{name} false"] += said and not wanted
                    counts[f"{name} missed"] += wanted and not said
    for name in ("rules", "model", "both"):
        right, false, missed = (counts[f"{name} {k}"] for k in ("right", "false", "missed"))
        precision, recall = right / max(1, right + false), right / max(1, right + missed)
        sys.stdout.write(
            f"  {name:<6} precision {precision:.2f}   recall {recall:.2f}   ({right} right, {false} false)\n"
        )


if __name__ == "__main__":
    main()
