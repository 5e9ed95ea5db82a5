"""What a standby process runs, in the engine's own Python (3.10 or later): it imports what a run
will need, waits for its command line, and becomes that program.

    python waiting.py PROGRAM ORDERS TOLD MODULE …

PROGRAM is a console script, ORDERS and TOLD are descriptors of pipes. On ORDERS comes one line, a
JSON object: ``argv``, ``cwd``, the ``pwd`` that names it, and ``group``, the process group that the
run is to belong to. One byte on TOLD says that all is done and the program begins. When ORDERS ends
without a line nobody needs this process any more, or whoever started it is dead: it is gone at
once, in the middle of an import too. It uses the standard library only and nothing of ai_code,
reads nothing of a project, and stands in the root folder until it is told another.
"""

from __future__ import annotations

import os
import sys

if not getattr(sys.flags, "safe_path", False):
    # As it is where the program is started itself: beside this file there are no modules.
    sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[1]))

import importlib
import json
import runpy
import threading


def _read_orders(descriptor: int, orders: list[bytes]) -> None:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            os._exit(0)
        line += piece
    os.close(descriptor)
    orders.append(line)


def _import(modules: list[str]) -> None:
    """The first must be there. The others are what it imports late, or in other versions."""
    importlib.import_module(modules[0])
    for name in modules[1:]:
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def main() -> None:
    """Waits, and becomes the program."""
    _, _, orders_from, tell_to, *modules = sys.argv
    orders: list[bytes] = []
    # Beside the imports, so that it is gone at once when nobody needs it.
    reader = threading.Thread(target=_read_orders, args=(int(orders_from), orders), daemon=True)
    reader.start()
    _import(modules)
    reader.join()
    told = json.loads(orders[0])
    os.setpgid(0, told["group"])
    os.chdir(told["cwd"])
    os.environ["PWD"] = told["pwd"]
    sys.argv = told["argv"]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, *sys.argv]
    os.write(int(tell_to), b"r")
    os.close(int(tell_to))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
