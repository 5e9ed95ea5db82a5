"""Writes what is generated in the documents, and notes what was translated.

.tools/dev/bin/python tools/write_docs.py
    the tables in docs/, man/ai-code.1 and completions/, anew
.tools/dev/bin/python tools/write_docs.py --check
    changes nothing; exit 1 where something is stale or a translation is behind
.tools/dev/bin/python tools/write_docs.py --translated docs/ja/limits.md#kinds
    this Japanese section says again what the English one says now;
    without #section: the whole page
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    try:
        return _main(arguments)
    except KeyError as missing:
        print(f"there is no Japanese for {missing}: say it in tools/documents/", file=sys.stderr)
        return 1


def _main(arguments: list[str]) -> int:
    from tools.documents import generated, translations

    match arguments:
        case []:
            for path in generated.stale(ROOT):
                generated.write(ROOT, path)
                print(f"written: {path}")
        case ["--check"]:
            stale = [f"{path}: run tools/write_docs.py" for path in generated.stale(ROOT)]
            behind = [str(each) for each in translations.behind(ROOT)]
            print("\n".join([*stale, *behind]) or "all is fresh")
            return bool(stale or behind)
        case ["--translated", *places] if places:
            for place in places:
                page, _, anchor = place.partition("#")
                for name in translations.stamp(ROOT, page, anchor):
                    print(f"stamped: {page}#{name}")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main(sys.argv[1:]))
