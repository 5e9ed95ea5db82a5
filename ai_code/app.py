"""From a command line to an exit code: exceptions end here. The only reader of os.environ."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.exits import ExitCode
from ai_code.system.console import TerminalConsole, cannot_write
from ai_code.system.streams import fill_closed_descriptors, silence_stdout, stdout_fails
from ai_code.wiring import SHOWN_AS, SystemWorld

_HOOK_S = 5.0
"""Of a hook, all in all. Claude Code's own limit for it is twice that."""


def run(argv: Sequence[str]) -> int:
    """One command line, start to end; the exit code."""
    fill_closed_descriptors()
    environ = dict(os.environ)
    os.environ.pop(SHOWN_AS, None)
    if list(argv[:2]) == ["hooks", "run"]:
        return _hook(argv[2:])
    world = SystemWorld(environ, _after_dashes(argv))
    try:
        try:
            world.signals.install()
            return _run(argv, world)
        finally:
            world.signals.ignore()
    except Stopped as stopped:
        # Another one, while the first was being obeyed.
        world.signals.ignore()
        return 128 + stopped.signum
    finally:
        world.close()


def _run(argv: Sequence[str], world: SystemWorld) -> int:
    try:
        from ai_code.cli.main import main

        code = int(main(argv, world))
        if sys.stdout:
            sys.stdout.flush()
        return code
    except AiCodeError as error:
        world.console.error(error)
        return int(error.exit_code)
    except Stopped as stopped:
        world.console.status("")
        return 128 + stopped.signum
    except BrokenPipeError:
        # Whoever read our output has had enough; Python must not complain about it at the end.
        silence_stdout()
        return 128 + 13
    except Exception as error:  # noqa: BLE001  the one broad except: a bug becomes a report
        if signalled := _stopped_in(error):
            world.console.status("")
            return 128 + signalled.signum
        if isinstance(error, OSError) and stdout_fails(error):
            return stdout_failed(error, world.console)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            told = _disk_full(world, error)
            return _told(world, argv, told, told.exit_code)
        return _told(world, argv, _bug(world, error), ExitCode.BUG)


def _stopped_in(error: BaseException | None) -> Stopped | None:
    """The signal that an exception was made of: an import that is cut may raise anything."""
    while error is not None and not isinstance(error, Stopped):
        error = error.__cause__ or error.__context__
    return error


def _hook(argv: Sequence[str]) -> int:
    """Called by Claude Code. Whatever goes wrong, its session must not suffer: nothing is said,
    and the exit code is 0."""
    from ai_code.system.hook_call import TimeUp, read_input, within

    world = SystemWorld(dict(os.environ))
    world.signals.install()
    try:
        with within(_HOOK_S):
            from ai_code.flows.hook_calls import answer

            told = answer(world, "".join(argv[:1]), read_input())
        world.signals.ignore()
        world.console.raw(told.encode("utf-8", "replace"))
    except (Exception, Stopped, TimeUp):  # noqa: BLE001
        # What cannot be written is not written at Python's end either.
        silence_stdout()
    finally:
        world.signals.ignore()
        world.close()
    return int(ExitCode.OK)


def stdout_failed(error: OSError, console: TerminalConsole | None = None) -> int:
    """Standard output takes no more (a full disk): the exit code, after one clear error."""
    silence_stdout()
    told = cannot_write("what ai-code prints", error)
    (console or TerminalConsole(os.environ)).error(told)
    return int(told.exit_code)


def _after_dashes(argv: Sequence[str]) -> tuple[str, ...]:
    """What follows the first ``--`` is the first engine's."""
    return tuple(argv[list(argv).index("--") + 1 :]) if "--" in argv else ()


def _told(world: SystemWorld, argv: Sequence[str], error: AiCodeError, code: int) -> int:
    """What no command has told itself: on stderr, and on stdout where ``--json`` wants it."""
    from ai_code.cli.main import tell_as_json

    # The stream itself may be what is broken; the person is told all the same.
    with suppress(OSError, AiCodeError):
        tell_as_json(argv, world, error, int(code))
    world.console.error(error)
    return int(code)


def _disk_full(world: SystemWorld, error: OSError) -> AiCodeError:
    where = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return AiCodeError("the disk is full", why=where, hint=f"df -h {world.state_dir}")


def _bug(world: SystemWorld, error: Exception) -> AiCodeError:
    import platform
    import traceback

    from ai_code import __version__

    report = world.state_dir / "reports" / f"bug-{int(world.clock.now())}.txt"
    told = (
        f"ai-code {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
        + "".join(traceback.format_exception(error))
    )
    try:
        world.files.write(report, told)
        where = f"what happened is written down in {report}"
    except OSError:
        where = told
    return AiCodeError(
        f"a bug of ai-code's: {type(error).__name__}: {error}",
        why=f"Your files are as the engines left them; {where}",
        hint="please report it with that file",
    )
