"""Trains the model of trust, `seeds/registry/trust.json`: `python -m workers.training.trust --gold … --texts …`.

What the other models make of a text is asked of models that never saw it (three folds), so that trust is not
learned from what was learned by heart. Prints the table of calibration. Nothing of it runs in the service.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import msgspec

from domain.events import Event, Summit
from domain.reading.aboutness import Aboutness
from domain.reading.extractor import RuleExtractor
from domain.reading.regression import Weights
from domain.reading.tendency import Tendency
from domain.reading.trust import OUTCOMES
from workers.training import issues, material, stance
from workers.training.logistic import Example, fit

_FOLDS = 3
_UNSURE = 0.3


class Item(msgspec.Struct, frozen=True):
    """One event that was read, and what became of it."""

    example: Example
    name: str


def main() -> None:
    """Train, test, write."""
    args = material.arguments(str(__doc__), "trust.json")
    texts = [*material.articles(args.gold, args.texts)]
    items = [*_items(texts)]
    if args.test:
        _test(items)
    material.write(args.out, _fit([item.example for item in items]), len(items))


def _fit(examples: Sequence[Example]) -> Weights:
    """Few examples and many features: slow steps, strong decay."""
    return fit(examples, len(OUTCOMES), epochs=5, rate=0.05, decay=0.02, least=4)


def _items(texts: Sequence[material.Article]) -> Iterator[Item]:
    plain = material.reader()
    finding = material.reader(aboutness=material.aboutness())
    sides = [*stance.of_sentences(finding)], {a.name: [*stance.of_article(finding, a)] for a in texts}
    about = [*issues.of_sentences(plain)], {a.name: [*issues.of_article(plain, a)] for a in texts}
    folds = material.fold_of([a.name for a in texts], _FOLDS)
    for fold in range(_FOLDS):
        known = [a.name for a in texts if folds[a.name] != fold]
        reader = material.reader(
            Tendency(stance.fitted_to([i.example for i in sides[0] + [i for n in known for i in sides[1][n]]])),
            Aboutness(issues.model_of(about[0] + [i for n in known for i in about[1][n]])),
        )
        for text in (a for a in texts if folds[a.name] == fold):
            yield from _of_text(reader, text)


def _of_text(reader: RuleExtractor, text: material.Article) -> Iterator[Item]:
    """Every event that is read of a text, matched as the yardstick matches; optional ones count little."""
    open_events = sorted(text.all_events, key=lambda e: not e.get("sure", True))
    for weighed in reader.weighed(text.text, published=text.published):
        event = weighed.event
        actors = set(event.participants) if isinstance(event, Summit) else {event.actor}
        if not actors & material.TRACKED:
            continue
        match = next((e for e in open_events if _matches(e, event)), None)
        if match is None:
            yield Item(Example(weighed.features, 2), text.name)
            continue
        open_events.remove(match)
        right = isinstance(event, Summit) or event.stance in material.values(match, "stance")
        weight = 1.0 if match.get("sure", True) else _UNSURE
        yield Item(Example(weighed.features, 0 if right else 1, weight), text.name)


def _matches(wanted: dict[str, object], event: Event) -> bool:
    if event.__struct_config__.tag not in material.values(wanted, "type"):
        return False
    if isinstance(event, Summit):
        parties = set(wanted["participants"]) & material.TRACKED  # type: ignore[call-overload]
        got = set(event.participants) & material.TRACKED
        return len(parties & got) * 2 >= len(parties | got) and event.status in material.values(wanted, "status")
    return event.actor in material.values(wanted, "actor") and event.issue in material.values(wanted, "issue")


def _test(items: Sequence[Item]) -> None:
    """Calibration by folds: of events trusted so much, so many are right."""
    folds = material.fold_of([item.name for item in items], _FOLDS)
    table: dict[int, list[float]] = {}
    for fold in range(_FOLDS):
        model = _fit([i.example for i in items if folds[i.name] != fold])
        for item in (i for i in items if folds[i.name] == fold and i.example.weight == 1.0):
            odds = model.odds(item.example.features)
            row = table.setdefault(min(9, int(odds[0] * 10)), [0, 0, 0.0])
            row[0] += 1
            row[1] += item.example.label == 0
            row[2] += odds[0]
    for bin_, (n, right, trust) in sorted(table.items()):
        mean, share = trust / n, right / n
        sys.stdout.write(f"  confidence from {bin_ / 10:.1f}   n {n:>4.0f}   mean {mean:.2f}   right {share:.2f}\n")


if __name__ == "__main__":
    main()
