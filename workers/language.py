"""Which language a text in the Arabic script is, by its letters: a rule, no model.

Arabic is known by its article and by the absence of letters that Arabic does not have; English, which Arabic outlets
print too, by its small words. It must not know pages.
"""

from __future__ import annotations

import re

NAMES = {
    "ar": "Arabic", "fa": "Persian", "ur": "Urdu", "ku": "Kurdish", "ps": "Pashto", "en": "English",
    "und": "a language of another script",
}  # fmt: skip
_SCRIPT = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5]+")
_ARTICLE = re.compile("^(?:[وفبك]|وب|فب|وك)?(?:ال|لل)[\u0621-\u064a]{2,}")
_OWN = {  # letters that settle it
    "ps": "ښځڅډړږټڼېۍ", "ur": "ٹڈڑےںۓھ", "ku": "ەێۆڕڵ", "fa": "پچژگکی",
}  # fmt: skip
_FOREIGN = re.compile("[" + "".join(_OWN.values()) + "]")
_SETTLES = {"ps": 0.004, "ur": 0.02, "ku": 0.02}
_LEAST_SCRIPT = 0.5
_MOST_FOREIGN = 0.03
_LEAST_ARTICLES = 0.06
_SAMPLE = 20_000
_LATIN_WORD = re.compile("[a-z]+")
_ENGLISH = re.compile("the|of|and|to|in|that|is|was|for|on|with|as|by|at|from|has|have|said")
_LEAST_ENGLISH = 0.15


def language_of(text: str) -> str:
    """`ar`, `fa`, `ur`, `ku`, `ps`, `en`, or `und` where less than half of the letters are of the script."""
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    script = len(_SCRIPT.findall(sample))
    if script == 0 or script < letters * _LEAST_SCRIPT:
        return "en" if _is_english(sample) else "und"
    foreign = len(_FOREIGN.findall(sample)) / script
    words = _WORD.findall(sample)
    articles = sum(1 for word in words if _ARTICLE.match(word)) / max(1, len(words))
    if foreign <= _MOST_FOREIGN and articles >= _LEAST_ARTICLES:
        return "ar"
    shares = {name: sum(sample.count(c) for c in own) / script for name, own in _OWN.items()}
    for name, least in _SETTLES.items():
        if shares[name] >= least:
            return name
    if articles >= 2 * _LEAST_ARTICLES and "ة" in sample:
        return "ar"  # Arabic typed on a Persian keyboard: its ی and ک, but its own article
    return "fa"


def _is_english(sample: str) -> bool:
    words = _LATIN_WORD.findall(sample.lower())
    return len(words) > 4 and sum(1 for word in words if _ENGLISH.fullmatch(word)) >= len(words) * _LEAST_ENGLISH
