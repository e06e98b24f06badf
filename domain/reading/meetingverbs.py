"""The inflected forms of the verbs of meeting, and finding one in a word. It must not know who meets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.reading.cues import past_forms, present_forms
from domain.reading.scenery import Head
from domain.reading.text import level

PRONOUNS = ("هما", "هم", "ها", "ه")


def verb_forms(entries: Sequence[str], kind: str) -> list[tuple[str, Head]]:
    """The forms of verbs given as past and present; future ones bear their س."""
    found = []
    for entry in entries:
        past, _, present = level(entry).partition(" ")
        if past != "-":
            found += [(form, Head(0, 0, kind, "past")) for form, _ in past_forms(past)]
        for form, _ in present_forms(present) if present else ():
            found += [(form, Head(0, 0, kind, "present")), ("س" + form, Head(0, 0, kind, "future"))]
        if present:
            dual = (present[:-1] + "يان", "ت" + present[1:-1] + "يان") if present[-1] == "ي" else (present + "ان",)
            found += [(form, Head(0, 0, kind, "present")) for form in (*dual, *(d[:-1] for d in dual))]
            found += [("س" + form, Head(0, 0, kind, "future")) for form in dual]
    return found


def verb_table(entries: Iterable[tuple[str, Head]]) -> dict[str, Head]:
    """Forms to verbs; of one form read as past and as present the past counts (اجتمع)."""
    table: dict[str, Head] = {}
    for form, head in sorted(entries, key=lambda entry: entry[1].tense != "past"):
        table.setdefault(form, head)
    return table


def verb_at(table: dict[str, Head], text: str) -> Head | None:
    """The verb of a word, past its conjunction and its pronoun (عقدها)."""
    fronts = [text]
    if len(text) > 3 and (text[0] in "وف" or text[:2] == "لي"):
        fronts.append(text[1:])
    for front in fronts:
        for pronoun in ("", *PRONOUNS):
            form = front.removesuffix(pronoun)
            if form in table and (pronoun == "" or form != front):
                return table[form]
    return None
