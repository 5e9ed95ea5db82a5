"""``ai-code models pull``: policy first, then the disk, then the download, told as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, Stopped, UsageError
from ai_code.core.models import installed_name, runs_elsewhere
from ai_code.core.ports import ModelServerError
from ai_code.core.progress import Download
from ai_code.flows.models.recommending import best
from ai_code.flows.models.server import (
    RECOMMEND,
    Served,
    asked,
    confirmed,
    is_local,
    refusal,
    require_allowed,
    served,
    server_error,
    shown,
)

if TYPE_CHECKING:
    from ai_code.core.ports import ModelServer
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_SPARE = 500_000_000
"""Bytes that a disk should have left: a full one ends more than a download."""
_LINE_EVERY_S = 60.0


class Pull:
    """One download; ``go`` carries it out and returns the name that is installed now."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings

    def go(self, name: str | None, *, yes: bool = False, missing: bool = False) -> str | None:
        """Without a name the recommended model, after asking; None where the person said no.
        ``missing``: one that is installed is not looked for anew, so no network is needed.
        Raises AiCodeError; Stopped (Ctrl-C) after telling how to go on."""
        if name is not None:
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
        if folder is not None:
            self._require_room(folder, name, self._known_size(name))
        self._download(there.server, name, folder)
        self._look(there.server, name)
        return name

    def _recommended(self, yes: bool) -> str | None:
        found = best(self._world, self._settings)
        console = self._world.console
        if found.installed:
            console.note(f"{found.installed} is the best for this machine, and installed already")
            return None
        size = found.fit.quantisation.size / 1e9
        console.note(f"recommended: {found.name}, {size:.1f} GB")
        console.note("; ".join(found.reasons))
        command = f"ai-code models pull {found.name}"
        if not confirmed(self._world, f"pull {found.name}?", yes, command):
            console.note("nothing was downloaded")
            return None
        return found.name

    # The disk -------------------------------------------------------------------------------

    def _folder(self, there: Served) -> OllamaFolder | None:
        if not is_local(there.server.base_url):
            return None
        folder = self._world.ollama_folder([model.name for model in there.models])
        # A server that has models has them elsewhere where this is not there (a container).
        return folder if folder.there or not there.models else None

    def _known_size(self, name: str) -> int:
        entry = self._world.catalogue.entry(name)
        if entry is None:
            return 0
        tags = {each.tag: each.size for each in entry.quantisations}
        return tags.get(name, 0)

    def _require_room(self, folder: OllamaFolder, name: str, wanted: int) -> None:
        free = folder.free_bytes()
        if free is None or wanted <= 0 or wanted + _SPARE <= free:
            return
        raise AiCodeError(
            f"there is no room for {name}",
            why=f"it takes {wanted / 1e9:.1f} GB, and {folder.path} has {free / 1e9:.1f} GB left",
            hint=f"df -h {folder.path}",
        )

    # The download ---------------------------------------------------------------------------

    def _download(self, server: ModelServer, name: str, folder: OllamaFolder | None) -> None:
        console, clock = self._world.console, self._world.clock
        progress = Download()
        checked = 0
        next_line_at = clock.monotonic() + _LINE_EVERY_S
        lines = server.pull(name)
        try:
            for line in lines:
                now = clock.monotonic()
                progress.feed(line, now)
                if folder is not None and progress.total > checked:
                    checked = progress.total
                    self._require_room(folder, name, progress.total - progress.done)
                console.status(progress.line(name))
                if not console.stderr_is_tty and now >= next_line_at:
                    console.note(progress.line(name))
                    next_line_at = now + _LINE_EVERY_S
        except ModelServerError as error:
            raise self._failed(server.base_url, name, error, folder) from error
        except Stopped:
            # The server keeps what has come.
            done = f" at {100 * progress.share:.0f} %" if progress.total else ""
            console.status("")
            console.important(f"stopped{done}; to go on: ai-code models pull {name}")
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
        again = f"ai-code models pull {name}"
        if "no space left" in low or "disk quota" in low or "not enough space" in low:
            where = str(folder.path) if folder else ""
            return AiCodeError(
                f"the disk of Ollama is full, and {name} is not whole",
                why=said,
                hint=f"df -h {where}".rstrip(),
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
            return AiCodeError(
                f"the download of {name} broke off; what has come is kept", why=said, hint=again
            )
        if error.kind == "timeout":
            return AiCodeError(
                f"the download of {name} stands still; what has come is kept", why=said, hint=again
            )
        return AiCodeError(
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
        sizes = {m.name: m.size for m in asked(server, server.models)}
        size = f" ({sizes[name] / 1e9:.1f} GB)" if name in sizes else ""
        console.note(f"{name} is installed{size}")
        console.note(f"to use it: ai-code models use {name}")


def _close(lines: object) -> None:
    """Ends the connection, by which the server learns that nobody waits any more."""
    close = getattr(lines, "close", None)
    if close is not None:
        close()
