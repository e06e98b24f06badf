"""Which sentences of a cleaned text are the article's own: headlines, captions and see-also lines are not.

It must not know actors or issues.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from domain.reading.phrases import Phrases
from domain.reading.registry import Lexicon
from domain.reading.text import Sentence

_HEADING_WORDS = 16
_UNSEEN = " \t\r\n\u00a0\u200b\u200e\u200f\u2069\ufeff"  # what editors leave behind the last full stop
_ENDS = (".", "؟", "!", "»", '"', "”", ":", "…", "؛", ")")
_FEED_MARKS = ("#", "|", "@", "http", "pic.twitter")


class Layout:
    """Tells the article's own sentences from what surrounds them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._boilerplate = Phrases((p, True) for p in lexicon.words["boilerplate"])

    def body(self, text: str, sentences: Sequence[Sentence]) -> list[bool]:
        """For every sentence, whether evidence may rest on it."""
        by_paragraph: dict[int, list[int]] = {}
        for index, sentence in enumerate(sentences):
            by_paragraph.setdefault(sentence.paragraph, []).append(index)
        keep = [True] * len(sentences)
        closed = False
        for order, (_, members) in enumerate(by_paragraph.items()):
            closed = closed or (order > 0 and self._closes(text, sentences, members))
            ours = not closed and not self._foreign(text, sentences, members, order, len(by_paragraph))
            for index in members:
                keep[index] = ours
        self._standfirst(sentences, by_paragraph, keep)
        return keep

    def _closes(self, text: str, sentences: Sequence[Sentence], members: Sequence[int]) -> bool:
        """A heading such as أخبار ذات صلة: what follows are other articles' headlines."""
        first = sentences[members[0]]
        raw = text[first.start : sentences[members[-1]].end]
        return len(first.words) <= 5 and any(
            k in raw for k in ("ذات صلة", "مواضيع متعلقة", "اقرأ المزيد", "الأكثر قراءة")
        )

    def _foreign(
        self, text: str, sentences: Sequence[Sentence], members: Sequence[int], order: int, count: int
    ) -> bool:
        first, last = sentences[members[0]], sentences[members[-1]]
        raw = text[first.start : last.end]
        words = sum(len(sentences[i].words) for i in members)
        if any(hit.first == 0 for hit in self._boilerplate.find(first.words[:4])) and words < 40:
            return True
        if any(mark in raw for mark in _FEED_MARKS) and words < 60:
            return True
        if count == 1:
            return False
        ended = raw.rstrip(_UNSEEN).endswith(_ENDS)
        return not ended and (words <= _HEADING_WORDS or (order == 0 and words <= 2 * _HEADING_WORDS))

    def _standfirst(self, sentences: Sequence[Sentence], paragraphs: dict[int, list[int]], keep: list[bool]) -> None:
        """A lead that the paragraph after it repeats word for word at its start."""
        numbers = list(paragraphs)
        for one, other in pairwise(numbers[:3]):
            first, second = sentences[paragraphs[one][0]].words, sentences[paragraphs[other][0]].words
            same = sum(a.text == b.text for a, b in zip(first[:8], second[:8], strict=False))
            if same >= 5:
                for index in paragraphs[one]:
                    keep[index] = False
