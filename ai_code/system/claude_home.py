"""What the user's Claude configuration says: trust, permission mode, account. Read only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_code.core.task import ClaudeFolder

if TYPE_CHECKING:
    from ai_code.core.ports_memory import MemoryFolder

_FOLDER_FILES = (".claude", ".mcp.json")
"""Settings, hooks, servers; commands and agents too may bring tools that run unasked."""
_SETTINGS = (".claude/settings.json", ".claude/settings.local.json")
_MANAGED = (
    Path("/etc/claude-code/managed-settings.json"),
    Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
)
_ORGANISATION = (
    Path("/etc/claude-code/CLAUDE.md"),
    Path("/Library/Application Support/ClaudeCode/CLAUDE.md"),
)
_MOST_BYTES = 32 << 20


class SystemClaudeHome:
    """Reads below CLAUDE_CONFIG_DIR, else ``~/.claude`` and ``~/.claude.json``."""

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        self._environ = environ
        moved = environ.get("CLAUDE_CONFIG_DIR")
        self._dir = Path(moved) if moved else home / ".claude"
        self._state = self._dir / ".claude.json" if moved else home / ".claude.json"
        # The folder we stand in is told without links.
        self._homes = (home, home.resolve())

    @property
    def config_dir(self) -> Path:
        """Where Claude keeps what is the person's: settings, sessions."""
        return self._dir

    def mcp_servers(self) -> str:
        """See the port."""
        servers = _read_object(self._state).get("mcpServers")
        return json.dumps(servers) if isinstance(servers, dict) and servers else ""

    def managed(self) -> bool:
        """See the port."""
        return any(_exists(path) for path in _MANAGED)

    def look(self, cwd: Path) -> ClaudeFolder:
        has_settings = any(_exists(path) for path in self._folder_files(cwd, _FOLDER_FILES))
        state = _read_object(self._state) if has_settings else {}
        trusted = has_settings and _says(state, cwd, "hasTrustDialogAccepted")
        subscription = self._subscription()
        return ClaudeFolder(
            has_folder_settings=has_settings,
            trusted=trusted,
            permission_mode=self._permission_mode(cwd, trusted),
            subscription=subscription,
            config_dir=self._dir,
            auth=self._auth(subscription),
        )

    def memory(self) -> MemoryFolder:
        from ai_code.core.ports_memory import MemoryFolder

        return MemoryFolder(self._dir, _ORGANISATION)

    def may_import(self, cwd: Path) -> bool:
        return _says(_read_object(self._state), cwd, "hasClaudeMdExternalIncludesApproved")

    def _folder_files(self, cwd: Path, names: Sequence[str]) -> Iterator[Path]:
        for folder in (cwd, *cwd.parents):
            if folder in self._homes:
                # There .claude is the user's own.
                return
            for name in names:
                yield folder / name

    def _permission_mode(self, cwd: Path, trusted: bool) -> str | None:
        sources = [*_MANAGED, self._dir / "settings.json"]
        if trusted:
            sources += self._folder_files(cwd, _SETTINGS)
        for path in sources:
            permissions = _read_object(path).get("permissions")
            mode = permissions.get("defaultMode") if isinstance(permissions, dict) else None
            if isinstance(mode, str):
                return mode
        return None

    def _subscription(self) -> bool:
        if self._environ.get("CLAUDE_CODE_OAUTH_TOKEN"):
            return True
        return "claudeAiOauth" in _read_object(self._dir / ".credentials.json")

    def _auth(self, subscription: bool) -> str:
        if self._environ.get("ANTHROPIC_AUTH_TOKEN"):
            return "token"
        if self._environ.get("ANTHROPIC_API_KEY"):
            return "api-key"
        return "subscription" if subscription else "none"


def _says(state: Mapping[str, Any], cwd: Path, what: str) -> bool:
    """Claude's own record of a folder, or of one above it."""
    projects = state.get("projects")
    if not isinstance(projects, dict):
        return False
    rows = (projects.get(str(folder)) for folder in (cwd, *cwd.parents))
    return any(isinstance(row, dict) and row.get(what) is True for row in rows)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _read_object(path: Path) -> dict[str, Any]:
    """A JSON object, or an empty one: a broken file is Claude's to complain about."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
