"""Trains the model of types, `seeds/registry/deeds.json`: `python -m workers.training.deeds --gold … --texts …`.

Prints what a five-fold test gives beside what the rules give alone. Nothing of it runs in the service.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from domain.reading.extractor import Bearing, RuleExtractor
from domain.reading.regression import Weights
from domain.reading.undertakings import DEEDS
from workers.settings import SEEDS
from workers.training import material
from workers.training.logistic import Example, fit

_FOLDS = 5
_UNSURE, _NO_EVENT = 0.3, 0.3
_RARE = 1.5  # weight of undertakings and threats, which are few


class Item(msgspec.Struct, frozen=True):
    """An example with where it comes from. `name`: the text, which no fold splits."""

    example: Example
    name: str
    seen: Bearing


def main() -> None:
    """Train, test, write."""
    args = material.arguments(str(__doc__), "deeds.json")
    reader = material.reader(material.tendency(), material.aboutness())
    items = [*of_sentences(reader)]
    for article in material.articles(args.gold, args.texts):
        items += of_article(reader, article)
    if args.test:
        _test(items)
    material.write(args.out, fitted_to([item.example for item in items]), len(items))


def fitted_to(examples: Sequence[Example]) -> Weights:
    """Few examples of two of the types: slow steps. By folds 0.70 of undertakings and threats (rules: 0.43, 0.64)."""
    weighed = [msgspec.structs.replace(e, weight=e.weight * (_RARE if e.label else 1.0)) for e in examples]
    return fit(weighed, len(DEEDS), epochs=6, rate=0.05, decay=3e-3, least=2)


def of_sentences(reader: RuleExtractor) -> Iterator[Item]:
    """The sentences on issues, and those on none, `type TAB actor TAB sentence`; says how many are not found."""
    missed: Counter[str] = Counter()
    told = [(s.name, s.kind, s.actor, s.issue, s.text) for s in material.sentences()]
    for number, line in enumerate((SEEDS / "training" / "deeds.tsv").read_text("utf-8").splitlines(), start=1):
        kind, actor, text = line.split("\t")
        told.append((f"deeds:{number}", kind, actor, "", text))
    for name, kind, actor, issue, text in told:
        seen = [b for b in reader.bearings(text, published=None) if (b.actor, b.issue or "") == (actor, issue)]
        missed[kind if issue else f"{kind} on no issue"] += not seen
        for bearing in seen[:1] if issue else seen:
            yield Item(Example(bearing.features, DEEDS.index(kind)), name, bearing)
    sys.stdout.write(f"  not found: {dict(missed)} of {len(told)}\n")


def of_article(reader: RuleExtractor, article: material.Article) -> Iterator[Item]:
    """Clauses that carry an annotated event get its type; others tell nothing where they are on an issue."""
    for seen in reader.bearings(article.text, published=article.published):
        if seen.actor not in material.TRACKED:
            continue
        here = [e for e in article.about(seen.actor, seen.issue or "") if material.overlaps(e, seen.span)]
        if seen.issue is None:
            here = [e for e in article.events if e["actor"] == seen.actor and not e.get("issue")]
            here = [e for e in here if material.overlaps(e, seen.span)]
        if here:
            best = next((e for e in here if e["type"] == seen.ruled), here[0])
            weight = 1.0 if best.get("sure", True) else _UNSURE
            yield Item(Example(seen.features, DEEDS.index(_type(best)), weight), article.name, seen)
        else:
            weight = 1.0 if seen.issue is None else _NO_EVENT
            yield Item(Example(seen.features, 0, weight), article.name, seen)


def _type(event: Mapping[str, Any]) -> Any:
    return event["type"]


def _test(items: Sequence[Item]) -> None:
    """Each example predicted by a model that saw nothing of its text; by the kind of clause."""
    folds = material.fold_of([item.name for item in items], _FOLDS)
    table: dict[str, Counter[tuple[str, str, str]]] = {"issue": Counter(), "none": Counter()}
    for fold in range(_FOLDS):
        model = fitted_to([i.example for i in items if folds[i.name] != fold])
        for item in (i for i in items if folds[i.name] == fold and i.example.weight == 1.0):
            odds = model.odds(item.example.features)
            got = DEEDS[max(range(len(odds)), key=odds.__getitem__)]
            where = "none" if item.seen.issue is None else "issue"
            table[where][DEEDS[item.example.label], item.seen.ruled, got] += 1
    for where, counts in table.items():
        for kind in DEEDS:
            for by, place in (("rules", 1), ("model", 2)):
                right = sum(n for key, n in counts.items() if key[0] == key[place] == kind)
                wanted = sum(n for key, n in counts.items() if key[0] == kind)
                given = sum(n for key, n in counts.items() if key[place] == kind)
                sys.stdout.write(f"  {where:<6} {kind:<11} {by}: right {right} of {given}, wanted {wanted}\n")


if __name__ == "__main__":
    main()
