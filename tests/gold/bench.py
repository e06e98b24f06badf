"""How fast the extractor reads, how much memory it takes, and how its time grows: `make bench-reading`.

Real texts are read where they lie, the shipped corpus otherwise. A quiet machine is wanted; nothing is asserted.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from tests.gold.sets import DATA, extractor
from tests.support.reading import CORPUS, limited

_DAY = date(2025, 9, 5)
_ARTICLE = 2_000
_SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
_MOST_TEXTS = 60
_LONGEST = 10.0
_WORST = {
    "one sentence of the corpus": "".join(c for text, _ in CORPUS for c in text if c not in '.!?؟…؛"«»\n'),
    "opened guillemets": "«", "straight quotes": '"', "brackets": "(", "digits": "7", "single digits": "7 ",
    "commas": "، ", "stops": ". ", "short lines": "ا\n", "relatives": "الذي قال ", "said that": "قال بوتين إن ",
    "nested quotes": 'قال "بوتين "إن ', "rejects": "ترفض موسكو ", "met": "التقى بوتين ترامب ", "dates": "5 آب ",
    "decisions": "ورفضت موسكو القرار.\n",
}  # fmt: skip
_START = (
    "import time; s = time.perf_counter()\n"
    "from tests.gold.sets import extractor\n"
    "extractor().read('قال', published=None)\n"
    "import pathlib, re\n"
    "status = pathlib.Path('/proc/self/status')\n"
    "most = re.search(r'VmHWM:\\s+(\\d+)', status.read_text()) if status.exists() else None\n"
    "print(time.perf_counter() - s, int(most[1]) // 1024 if most else 0)\n"
)


def seconds(text: str) -> float:
    """Computing time of one reading."""
    begun = time.process_time()
    extractor().read(text, published=_DAY)
    return time.process_time() - begun


def _texts() -> tuple[str, list[str]]:
    real = sorted((DATA / "aljazeera-2022").glob("*.txt"))[:_MOST_TEXTS]
    if real:
        return "real texts", [path.read_text("utf-8") for path in real]
    return "the shipped corpus", [text for text, _ in CORPUS[:_MOST_TEXTS]]


def _start() -> tuple[float, int]:
    """Seconds from the interpreter's first line to the first answer, and the most memory in MB (0: not told here)."""
    here = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", _START], capture_output=True, check=True, cwd=here, text=True)
    took, memory = done.stdout.split()
    return float(took), int(memory)


def main() -> None:
    """Print the tables."""
    took, memory = min(_start() for _ in range(3))
    print(f"start to first answer {took:.2f} s (wanted: 1), most memory {memory} MB (wanted: 300)")
    name, texts = _texts()
    for text in texts:
        extractor().read(text, published=_DAY)
    cost = [min(seconds(t) for _ in range(3)) * 1000 * _ARTICLE / len(t) for t in texts]
    print(
        f"{_ARTICLE} characters of {name}, warm: median {statistics.median(cost):.1f} ms (wanted: 15), "
        f"worst {max(cost):.1f} ms, {len(texts)} texts"
    )
    joined = "\n".join(texts)
    joined *= _SIZES[-1] // len(joined) + 1
    print("\ncharacters        ms   ms a thousand")
    for size in _SIZES:
        best = min(seconds(joined[:size]) for _ in range(3)) * 1000
        print(f"{size:>10} {best:>9.1f} {best * 1000 / size:>15.2f}")
    print(f"\n{_SIZES[-1]} characters of                 s (wanted: 2)")
    for shape, unit in _WORST.items():
        text = (unit * (_SIZES[-1] // len(unit) + 1))[: _SIZES[-1]]
        try:
            with limited(_LONGEST):
                print(f"{shape:<32} {seconds(text):>6.2f}", flush=True)
        except TimeoutError:
            print(f"{shape:<32}  more than {_LONGEST:.0f}", flush=True)


if __name__ == "__main__":
    main()
