"""aider: there, recent, compiled; with ``--deep`` it edits a scratch file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, failed, ok, skipped, warn, write
from ai_code.flows.doctor.claude import program_found
from ai_code.flows.drill_mends import for_part
from ai_code.flows.endings import INSTALL_AIDER

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_GONE = "aider was not found"
_OLDEST = (0, 80, 0)
_DRILL = "ai-code drill"
_ANEW = INSTALL_AIDER.replace("install", "install --reinstall")
_HEAD_BYTES = 1 << 20


def found(facts: Facts) -> Finding:
    """The program is there and executable."""
    return program_found(facts.aider, write(INSTALL_AIDER))


def version(facts: Facts) -> Finding:
    """It answers, and is one that has the options we give it."""
    program = facts.aider_version()
    if program is None:
        return skipped(_GONE)
    if program.version is None:
        return failed(f"{program.argv[0]} --version names no version", write(_ANEW))
    if program.version < _OLDEST:
        return warn(f"{program.version_text}: tested with 0.86.2", write(_ANEW))
    return ok(program.version_text)


def bytecode(facts: Facts) -> Finding:
    """Without compiled bytecode a message takes 19 s instead of 3.5 (0.86.2)."""
    if facts.aider.program is None:
        return skipped(_GONE)
    package = _package(facts, Path(facts.aider.program.argv[0]))
    if package is None:
        return skipped("where its modules lie cannot be told")
    if facts.machine_facts.names(package / "__pycache__"):
        return ok(f"{package}")
    return warn(f"{package} is not compiled: each start takes some 15 s longer", write(_ANEW))


def _package(facts: Facts, script: Path) -> Path | None:
    """The folder of aider's modules, by the interpreter in the script's first line."""
    machine = facts.machine_facts
    entry = machine.entry(script)
    text = machine.tail(Path(entry.real), _HEAD_BYTES) if entry else None
    if not text or not text.startswith("#!/"):
        return None
    top = Path(text.partition("\n")[0][2:].split()[0]).parent.parent
    for name in machine.names(top / "lib"):
        package = top / "lib" / name / "site-packages" / "aider"
        if machine.names(package):
            return package
    return None


def edits(facts: Facts) -> Finding:
    """Deep: the whole local side, with the real aider, in a scratch project."""
    from ai_code.core.drill import SCENARIOS, Setup
    from ai_code.core.drill_parts import parts_of

    if facts.aider.program is None:
        return skipped(_GONE)
    settings = facts.settings
    setup = Setup(
        aider=facts.aider.program,
        aider_args=settings.aider_args,
        edit_format=settings.aider_edit_format,
        stall_timeout_s=settings.stall_timeout_s,
    )
    stage = facts.world.drill_stage(keep=False)
    seen = stage.play(SCENARIOS["session"], setup, lambda _line: None)
    parts = {part.name: part for part in parts_of(seen)}
    for name in ("aider", "landing"):
        if parts[name].state == "failed":
            mend = for_part(parts[name], seen, facts.world, _DRILL)
            return failed(f"{name}: {parts[name].note}", write(mend.command if mend else _ANEW))
    return ok("it edited a scratch file, and the edit landed")
