"""Writes what is generated of the corpus: the pages of the six outlets and the gold annotations.

`python -m workers.demo.build` after every edit of `articles.jsonl`. It must not know how pages are read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workers.demo.corpus import CORPUS, Article, Outlet, gold_line, shipped
from workers.demo.render import page

Files = dict[str, bytes]


def generated(outlets: dict[str, Outlet], articles: list[Article]) -> Files:
    """Every generated file's bytes by its path below the corpus folder."""
    files = {f"pages/{a.outlet}/{a.id}.html": page(a, outlets[a.outlet]) for a in articles}
    files["gold.jsonl"] = b"".join(gold_line(article) + b"\n" for article in articles)
    return files


def write(folder: Path, files: Files) -> None:
    """Make the folder hold these files, and no page besides."""
    for stale in set((folder / "pages").glob("*/*.html")) - {folder / name for name in files}:
        stale.unlink()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)


def main() -> None:
    """Write the generated files beside the sources."""
    files = generated(*shipped())
    write(CORPUS, files)
    sys.stdout.write(f"{len(files) - 1} pages and the gold annotations are up to date\n")


if __name__ == "__main__":
    main()
