"""Whether a clause states, undertakes or threatens: by a small trained model over its words.

A multinomial logistic regression over the words behind the cue and what the rules made of the clause. It must not know
who speaks, so that nothing comes out of it that the words do not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from domain.reading.clauses import Clause
from domain.reading.regression import Weights
from domain.reading.stance import Verdict
from domain.reading.text import Word, stem

Deed = Literal["statement", "commitment", "threat"]
DEEDS: tuple[Deed, ...] = ("statement", "commitment", "threat")
_REACH = 16  # words behind the cue
_BEFORE = 3
_NEGATION = frozenset({"لا", "لن", "لم", "ليس", "ليست", "غير", "عدم", "ما", "دون", "بلا"})
_OWN = frozenset({
    "بلاده", "بلادها", "بلدنا", "بلادنا", "نحن", "حكومته", "اننا", "انه", "انها", "ادارته", "باننا", "بانه", "بانها",
})  # fmt: skip
_MIN_FUTURE = 4


class Undertakings:
    """A model ready for use."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def weigh(self, features: Iterable[str]) -> dict[Deed, float]:
        """The probability of each type; they sum to one."""
        return dict(zip(DEEDS, self._weights.odds(features), strict=True))


def deed_features(
    run: Sequence[Word], clause: Clause, issue: str | None, verdict: Verdict, ruled: str, *, partner: str
) -> list[str]:
    """What the model sees of a clause; each once. `ruled`: the type by rule; `partner`: what governs the other."""
    start = clause.first if clause.cue is None else clause.cue.index
    stop = min(clause.last, max(clause.first, start) + _REACH)
    behind = [w for w in run[clause.first : stop] if clause.cue is None or w is not run[start]]
    words = [stem(w) for w in behind]
    found = [f"w:{w}" for w in words]
    found += [f"2:{a} {b}" for a, b in pairwise(words)]
    found += [f"1:{w}" for w in words[:2]]
    found += [f"b:{stem(w)}" for w in run[max(0, start - _BEFORE) : start]]
    future = [w for w in behind if _is_future(w)]
    found += [f"f:{stem(w)}" for w in future] + ["future"] * bool(future)
    found += ["own"] * any(w.text in _OWN for w in behind)
    found += ["denied"] * bool(_NEGATION & {w.text.removeprefix("و") for w in behind})
    found += [*_of_rules(clause, issue, verdict, ruled, partner)]
    return list(dict.fromkeys(found))


def _of_rules(clause: Clause, issue: str | None, verdict: Verdict, ruled: str, partner: str) -> Iterable[str]:
    cue = clause.cue
    kind = "" if cue is None else cue.cue.kind
    yield f"c:{kind}"
    yield f"t:{ruled}"
    yield f"tc:{ruled} {kind}"
    yield f"p:{partner}"
    yield f"i:{issue}"
    yield f"s:{verdict.stance}"
    yield f"ts:{ruled} {verdict.stance}"
    if cue is not None:
        yield f"k:{'-' if clause.negated else ''}{cue.cue.lemma}"
        yield f"kf:{cue.cue.lemma} {cue.future}"
        yield f"form:{kind} {cue.cue.form} {cue.future}"
    if verdict.condition is not None:
        yield "if"
        yield f"if:{kind}"
    if verdict.deed:
        yield "deed"
    for inner in clause.inner:
        if not inner.foreign:
            yield f"in:{inner.hit.cue.lemma}"


def _is_future(word: Word) -> bool:
    text = word.text.lstrip("وف")
    return len(text) > _MIN_FUTURE and text[0] == "س" and text[1] in "يتنا"
