"""`marsad evaluate`: the extractor's score on annotated texts, what it missed, and whether its confidence holds.

It must not know how events are read or scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click
import msgspec

from domain import calibration
from domain.events import Event
from domain.scoring import Annotated, Found, Miss, Report, Scored, found_of, score
from workers.bootstrap import open_default, parse_day
from workers.cli.output import PDI, RLI, plain, write_json
from workers.gold import Texts, read_found, read_gold

_PATH = click.Path(path_type=Path)


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(evaluate)


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One miss, for programs."""

    id: str
    kind: str
    expected: dict[str, object] | None
    got: dict[str, object] | None
    sentences: tuple[str, ...] = ()


@click.command()
@click.argument("gold", type=_PATH)
@click.option("--texts", type=_PATH, metavar="DIR", help="Where the texts lie; those of the shipped corpus are known.")
@click.option("--predicted", type=_PATH, metavar="FILE", help="Score these lines {id, events}; read no text anew.")
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
@click.option("--errors", is_flag=True, help="List the misses with their sentences.")
@click.option("--figures", is_flag=True, help="Print no list of misses.")
@click.option("--calibration", "calibrated", is_flag=True, help="Say how often events of each confidence are right.")
def evaluate(  # noqa: PLR0917 -- click hands over every option by its name
    gold: Path, texts: Path | None, predicted: Path | None, as_json: bool, errors: bool, figures: bool, calibrated: bool
) -> None:
    """Score the extractor on the annotated lines of GOLD: figures, then everything that is not as annotated."""
    if errors and figures:
        raise click.UsageError("--errors lists the misses and --figures leaves them out: give one of them")
    articles = read_gold(gold)
    library = Texts(texts)
    words = {} if predicted is not None and not errors else {a.id: library.of(a) for a in articles}
    with open_default() as app:
        tracked = app.registry.tracked
        if predicted is not None:
            found: Mapping[str, Sequence[Found]] = read_found(predicted)
        else:
            found = {
                a.id: _found(app.extractor.read(words[a.id], published=parse_day(a.published, f"{a.id}: published")))
                for a in articles
            }
    scored = score(articles, found, tracked)
    misses = [] if figures else list(scored.misses())
    if as_json:
        _write(scored, misses, words if errors else {}, listed=not figures, calibrated=calibrated)
        return
    _print_figures(scored.report)
    if calibrated:
        _print_calibration(scored)
    if not figures:
        _print_misses(misses, words if errors else {})


def _found(events: Iterable[Event]) -> tuple[Found, ...]:
    return tuple(found_of(e) for e in events)


def _write(scored: Scored, misses: Sequence[Miss], words: Mapping[str, str], *, listed: bool, calibrated: bool) -> None:
    tree = msgspec.to_builtins(scored.report)
    if listed:
        tree["misses"] = [_listed(m, words) for m in misses]
    if calibrated:
        events = calibration.judged(scored.pairs)
        tree["calibration"] = {"bins": calibration.table(events), "error": calibration.error(events)}
    write_json(tree)


def _print_figures(report: Report) -> None:
    click.echo(
        f"articles {report.articles}   precision {_share(report.precision)}  recall {_share(report.recall)}  "
        f"F1 {_share(report.f1)}  F1 with stance {_share(report.f1_stance)}"
    )
    for kind, row in report.by_type.items():
        click.echo(
            f"  {kind:<11} n {row.n:>4}   precision {_share(row.precision)}  recall {_share(row.recall)}  "
            f"F1 {_share(row.f1)}"
        )
    shares = "  ".join(f"{name} {_share(value)}" for name, value in msgspec.structs.asdict(report.on_matches).items())
    click.echo(f"  on matches: {shares}   empty articles kept empty {_share(report.empty_articles_kept_empty)}")


def _print_calibration(scored: Scored) -> None:
    events = calibration.judged(scored.pairs)
    click.echo("\nconfidence   events   mean   right")
    for row in calibration.table(events):
        click.echo(f"{row.least:.2f}-{row.most:.2f}   {row.events:>6}  {row.confidence:.3f}   {row.right:.3f}")
    click.echo(f"mean distance {_share(calibration.error(events))} over {len(events)} events")


def _print_misses(misses: Sequence[Miss], words: Mapping[str, str]) -> None:
    kinds = Counter(m.kind for m in misses)
    click.echo("\nmisses: " + (", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none"))
    for miss in misses:
        line = _listed(miss, words)
        click.echo(f"{plain(line.id)}  {line.kind}")
        for name, fields in (("expected", line.expected), ("got", line.got)):
            if fields is not None:
                click.echo(f"   {name:<9} " + "  ".join(f"{k} {_word(v)}" for k, v in fields.items()))
        for sentence in line.sentences:
            click.echo(f"   {RLI}{plain(sentence)}{PDI}")


def _listed(miss: Miss, words: Mapping[str, str]) -> _Listed:
    gold, found = miss.pair.gold, miss.pair.found
    text = words.get(miss.pair.article, "")
    spans = sorted({s for event in (gold, found) if event is not None for s in event.spans})
    return _Listed(
        id=miss.pair.article, kind=miss.kind, expected=None if gold is None else _shown(gold),
        got=None if found is None else found.shown(), sentences=tuple(text[a:b] for a, b in spans if text[a:b].strip()),
    )  # fmt: skip


def _shown(gold: Annotated) -> dict[str, object]:
    return gold.shown() | ({"or": gold.alt} if gold.alt else {})


def _word(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k} {_word(v)}" for k, v in value.items())
    return "/".join(plain(str(v)) for v in value) if isinstance(value, tuple) else plain(str(value))


def _share(value: float | None) -> str:
    return "   - " if value is None else f"{value:.3f}"
