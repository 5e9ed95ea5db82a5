"""``ai-code models pull``: policy first, then the disk, then the download, told as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, NoDiskError, Stopped, TryLaterError, UsageError
from ai_code.core.memory import gb
from ai_code.core.models import installed_name, runs_elsewhere, same_model
from ai_code.core.ports import ModelServerError
from ai_code.core.progress import Download
from ai_code.flows.first_model import pull
from ai_code.flows.model_disk import models_folder, room_in
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.recommending import advise
from ai_code.flows.models.server import (
    RECOMMEND,
    Served,
    asked,
    confirmed,
    refusal,
    require_allowed,
    require_name,
    served,
    server_error,
    shown,
)

if TYPE_CHECKING:
    from ai_code.core.ports import ModelServer
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_LINE_EVERY_S = 60.0


class Pull:
    """One download; ``go`` carries it out and returns the name that is installed now.
    ``tells_use``: what is there is told, with the command that makes runs use it."""

    def __init__(self, world: World, settings: Settings, *, tells_use: bool = True) -> None:
        self._world = world
        self._settings = settings
        self._tells_use = tells_use
        self._installed = False

    def go(self, name: str | None, *, yes: bool = False, missing: bool = False) -> str | None:
        """Without a name the recommended model, after asking; None where the person said no.
        ``missing``: one that is installed is not looked for anew, so no network is needed.
        Raises AiCodeError; Stopped (Ctrl-C) after telling how to go on."""
        if name is not None:
            require_name(name)
            require_allowed(self._world, self._settings, name)
        there = served(self._world, self._settings)
        if missing and name and installed_name(name, [each.name for each in there.models]):
            self._world.console.note(f"{name} is installed already")
            return name
        if name is None:
            name = self._recommended(yes)
            if name is None:
                return None
        if runs_elsewhere(name):
            raise UsageError(
                f"{name} runs on Ollama's servers: there is nothing to download",
                why="the prompt and your files would leave this machine",
                hint=RECOMMEND,
            )
        folder = self._folder(there)
        self._require_known(there, folder, name)
        self._download(there.server, name, folder)
        self._look(there.server, name)
        return name

    def require_room(self, name: str) -> None:
        """Raises NoDiskError where it is known before the download that the disk is too small;
        AiCodeError where the server does not answer."""
        there = served(self._world, self._settings)
        self._require_known(there, self._folder(there), name)

    def _recommended(self, yes: bool) -> str | None:
        advice = advise(self._world, self._settings)
        if not advice.found:
            raise advice.nothing()
        found, console = advice.found[0], self._world.console
        if found.installed:
            console.note(f"{found.installed} is the best for this machine, and installed already")
        else:
            console.note(f"recommended: {found.name}, {gb(found.fit.quantisation.size)}")
            console.note("; ".join(found.reasons))
        if advice.better:
            console.note(advice.better)
        if found.installed:
            return None
        if not confirmed(self._world, f"Pull {found.name}?", yes, pull(found.name)):
            console.note("nothing was downloaded")
            return None
        return found.name

    # The disk -------------------------------------------------------------------------------

    def _folder(self, there: Served) -> OllamaFolder | None:
        names = [each.name for each in there.models]
        self._installed = bool(names)
        return models_folder(self._world, there.server.base_url, names)

    def _require_known(self, there: Served, folder: OllamaFolder | None, name: str) -> None:
        # Of one that is there only what is new is fetched: the server tells how much.
        if not any(same_model(name, each.name) for each in there.models):
            self._require_room(folder, name, self._world.catalogue.download_bytes(name))

    def _require_room(self, folder: OllamaFolder | None, name: str, wanted: int) -> None:
        room = room_in(folder) if folder else None
        if room is None or room.holds(wanted):
            return
        raise NoDiskError(
            f"there is no room for {name}",
            why=f"it needs {gb(wanted)} of disk; {room.told}",
            hint=self._smaller(name) or room.mend(installed=self._installed),
        )

    def _smaller(self, name: str) -> str:
        """The model to take instead, where nothing is installed that could make room for this."""
        found = () if self._installed else advise(self._world, self._settings).found
        other = next((each.name for each in found if not same_model(each.name, name)), "")
        return f"{pull(other)}   (there is room for it)" if other else ""

    # The download ---------------------------------------------------------------------------

    def _download(self, server: ModelServer, name: str, folder: OllamaFolder | None) -> None:
        console, clock = self._world.console, self._world.clock
        progress = Download()
        checked = 0
        # Without a terminal (a log, systemd's journal): at the beginning, and now and then.
        next_line_at = 0.0
        lines = server.pull(name)
        try:
            for line in lines:
                now = clock.monotonic()
                progress.feed(line, now)
                if progress.total > checked:
                    checked = progress.total
                    self._require_room(folder, name, progress.total - progress.done)
                console.status(progress.line(name))
                if not console.stderr_is_tty and progress.total and now >= next_line_at:
                    console.note(progress.line(name))
                    next_line_at = now + _LINE_EVERY_S
        except ModelServerError as error:
            raise self._failed(server.base_url, name, error, folder) from error
        except Stopped:
            # The server keeps what has come.
            done = f" at {100 * progress.share:.0f} %" if progress.total else ""
            console.status("")
            console.important(f"stopped{done}; to go on: {pull(name)}")
            raise
        finally:
            console.status("")
            _close(lines)

    def _failed(
        self, base_url: str, name: str, error: ModelServerError, folder: OllamaFolder | None
    ) -> AiCodeError:
        """What the server said, as a person's error. What has come stays and is gone on with."""
        said = str(error)
        low = said.lower()
        again = pull(name)
        if "no space left" in low or "disk quota" in low or "not enough space" in low:
            room = room_in(folder) if folder else None
            mend = room.mend(installed=self._installed) if room else ""
            return NoDiskError(
                f"the disk of Ollama is full, and {name} is not whole",
                why=said,
                hint=mend or "df -h   (where the server is)",
            )
        if "digest mismatch" in low:
            return AiCodeError(
                f"what came of {name} is damaged, and Ollama has thrown it away",
                why=said,
                hint=again,
            )
        if "file does not exist" in low or "not found" in low or error.status == 404:
            return AiCodeError(f"there is no model {name} to download", why=said, hint=RECOMMEND)
        if "newer version" in low or error.status == 412:
            return AiCodeError(
                f"{name} needs a newer Ollama", why=said, hint="https://ollama.com/download"
            )
        if error.kind == "http" and error.status in (401, 403):
            return server_error(base_url, error)
        if error.kind == "http":
            return TryLaterError(
                f"the download of {name} broke off; what has come is kept", why=said, hint=again
            )
        if error.kind == "timeout":
            return TryLaterError(
                f"the download of {name} stands still; what has come is kept", why=said, hint=again
            )
        return TryLaterError(
            f"Ollama ended while it downloaded {name}; what has come is kept",
            why=said,
            hint=f"ollama serve, then: {again}" if is_local(base_url) else again,
        )

    def _look(self, server: ModelServer, name: str) -> None:
        """What the file says of its maker may be more than its name did."""
        console = self._world.console
        show = shown(server, name)
        if rule := refusal(self._world, self._settings, name, show):
            console.important(f"{name} is downloaded, and will not be used: {rule}")
            console.important(f"to remove it: ai-code models rm {name}")
            return
        if not self._tells_use:
            return
        sizes = {m.name: m.size for m in asked(server, server.models)}
        size = f" ({gb(sizes[name])})" if name in sizes else ""
        console.note(f"{name} is installed{size}")
        console.note(f"to use it: ai-code models use {name}")


def _close(lines: object) -> None:
    """Ends the connection, by which the server learns that nobody waits any more."""
    close = getattr(lines, "close", None)
    if close is not None:
        close()
