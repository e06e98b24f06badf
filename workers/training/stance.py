"""Trains the model of stances, `seeds/registry/stance.json`: `python -m workers.training.stance`.

Prints what a five-fold test gives, by issue, beside what the rules give alone. Nothing of it runs in the service.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from domain.reading.extractor import RuleExtractor, Surveyed
from domain.reading.regression import Weights
from domain.reading.tendency import CLASSES, leaning_of, stance_of
from workers.training import material
from workers.training.logistic import Example, fit

_FOLDS = 5
_UNSURE, _NO_EVENT = 0.4, 0.5  # weights of optional events, and of clauses that yield none


class Item(msgspec.Struct, frozen=True):
    """An example with where it comes from. `name`: the text, which no fold splits; `gold`: the annotated stance."""

    example: Example
    name: str
    seen: Surveyed
    gold: str | None


def main() -> None:
    """Train, test, write."""
    args = material.arguments(str(__doc__), "stance.json")
    reader = material.reader(aboutness=material.aboutness())
    items = [*of_sentences(reader)]
    for article in material.articles(args.gold, args.texts):
        items += of_article(reader, article)
    if args.test:
        _test(items)
    material.write(args.out, fitted_to([item.example for item in items]), len(items))


def fitted_to(examples: Sequence[Example]) -> Weights:
    """Slow steps and few: measured best on annotated texts left out (0.68 right; 0.65 at half the steps again)."""
    return fit(examples, len(CLASSES), epochs=5, rate=0.04, decay=5e-3, least=3)


def of_sentences(reader: RuleExtractor) -> Iterator[Item]:
    """The sentences written for training; says of how many the issue is not found."""
    missed: Counter[str] = Counter()
    for sentence in material.sentences():
        seen = [s for s in reader.survey(sentence.text, published=None) if s.issue == sentence.issue]
        best = min(seen, key=lambda s: (s.actor != sentence.actor, s.actor == ""), default=None)
        if best is None:
            missed[sentence.issue] += 1
        else:
            yield _item(best, sentence.stance, sentence.name, 1.0)
    for issue, n in sorted(missed.items()):
        sys.stdout.write(f"  {issue:<30} {n} sentences in which the issue is not found\n")


def of_article(reader: RuleExtractor, article: material.Article) -> Iterator[Item]:
    """Clauses that carry an annotated event get its stance; other clauses of tracked actors none."""
    for seen in reader.survey(article.text, published=article.published):
        about = article.about(seen.actor, seen.issue)
        here = [e for e in about if material.overlaps(e, seen.span)]
        if here:
            weight = 1.0 if here[0].get("sure", True) else _UNSURE
            yield _item(seen, here[0].get("stance"), article.name, weight)
        elif not about and seen.actor in material.TRACKED:
            yield _item(seen, None, article.name, _NO_EVENT)


def _item(seen: Surveyed, gold: str | None, name: str, weight: float) -> Item:
    label = CLASSES.index(leaning_of(gold, seen.direction))
    return Item(Example(seen.features, label, weight), name, seen, gold)


def _test(items: Sequence[Item]) -> None:
    """Each example predicted by a model that saw nothing of its text."""
    right: dict[str, Counter[str]] = defaultdict(Counter)
    folds = material.fold_of([item.name for item in items], _FOLDS)
    for fold in range(_FOLDS):
        model = fitted_to([i.example for i in items if folds[i.name] != fold])
        for item in (i for i in items if folds[i.name] == fold):
            odds = model.odds(item.example.features)
            leaning = CLASSES[max(range(len(odds)), key=odds.__getitem__)]
            row = right[item.seen.issue]
            row["n"] += 1
            row["model"] += stance_of(leaning, item.seen.direction) == item.gold
            row["rules"] += item.seen.rule == item.gold
    for issue, row in [*sorted(right.items()), ("all", sum(right.values(), Counter[str]()))]:
        rules, model_ = row["rules"] / row["n"], row["model"] / row["n"]
        sys.stdout.write(f"  {issue:<30} n {row['n']:>4}   rules {rules:.2f}   model {model_:.2f}\n")


if __name__ == "__main__":
    main()
