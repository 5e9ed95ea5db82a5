"""Errors a person can act on: what happened, why, and the command that mends it."""

from __future__ import annotations

from ai_code.core.exits import ExitCode


class AiCodeError(Exception):
    """Ends a command with ``exit_code``.

    ``what`` is one sentence, ``why`` gives the evidence, ``hint`` is a command to type.
    """

    exit_code: int = ExitCode.FAILED
    in_envelope: bool = False
    """Told on stdout already, as ``--json`` wants it."""

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint


class UsageError(AiCodeError):
    """The command line cannot be carried out as it stands."""

    exit_code = ExitCode.USAGE


class ConfigError(AiCodeError):
    """A settings file, variable or flag has a value we cannot use."""

    exit_code = ExitCode.CONFIG


class NotInstalledError(AiCodeError):
    """A program that is needed is not there."""

    exit_code = ExitCode.NOT_INSTALLED


class CannotStartError(AiCodeError):
    """A program is there but does not start."""

    exit_code = ExitCode.CANNOT_START


class NoDiskError(AiCodeError):
    """A download does not fit the disk; a smaller one may."""


class TryLaterError(AiCodeError):
    """Nothing is wrong with the request; it can be done later."""

    exit_code = ExitCode.TRY_LATER


class Stopped(BaseException):
    """A signal asked us to stop. Not an ``Exception``: only the outermost room catches it."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
