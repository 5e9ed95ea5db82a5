"""aider: there, recent, compiled; with ``--deep`` it edits a scratch file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.setup import AIDER_OLDEST, AIDER_VERSION
from ai_code.flows.doctor.claude import no_version, program_found
from ai_code.flows.doctor.engines import told_of
from ai_code.flows.drill_mends import for_part
from ai_code.flows.endings import mend_aider
from ai_code.flows.engines_set import all_named

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_GONE = "aider was not found"
_UNNEEDED = "no engine that is set needs it"
_DRILL = "ai-code drill"
_HEAD_BYTES = 1 << 20


def found(facts: Facts) -> Finding:
    """The program is there and executable, where an engine that is set needs it."""
    finding = program_found(facts.aider, _anew(facts))
    if finding.state == "ok":
        return finding
    if not _is_needed(facts):
        return skipped(_UNNEEDED)
    return told_of(facts, ["aider"], finding)


def _is_needed(facts: Facts) -> bool:
    return "aider" in all_named(facts.settings)


def version(facts: Facts) -> Finding:
    """It answers, and is one that has the options we give it."""
    if not _is_needed(facts):
        return skipped(_UNNEEDED)
    program = facts.aider_version()
    if program is None:
        return skipped(_GONE)
    if program.version is None:
        return failed(no_version(facts, program), _anew(facts))
    if program.version < AIDER_OLDEST:
        return warn(f"{program.version_text}: tested with {AIDER_VERSION}", _anew(facts))
    return ok(program.version_text)


def _anew(facts: Facts) -> Fix:
    """Setup makes an environment for aider and has runs start that one; a program that the
    settings name is for the person to change."""
    return write(mend_aider(facts.settings))


def bytecode(facts: Facts) -> Finding:
    """Without compiled bytecode a message takes 19 s instead of 3.5 (0.86.2)."""
    if not _is_needed(facts):
        return skipped(_UNNEEDED)
    if facts.aider.program is None:
        return skipped(_GONE)
    package = _package(facts, Path(facts.aider.program.argv[0]))
    if package is None:
        return skipped("where its modules lie cannot be told")
    if facts.machine_facts.names(package / "__pycache__"):
        return ok(f"{package}")
    python = package.parents[3] / "bin" / "python"
    compiles = run(str(python), "-m", "compileall", "-q", "-j", "0", str(package.parent))
    return warn(f"{package} is not compiled: each start takes some 15 s longer", compiles)


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

    if not _is_needed(facts):
        return skipped(_UNNEEDED)
    if facts.aider.program is None:
        return skipped(_GONE)
    settings = facts.settings
    setup = Setup(
        program=facts.aider.program,
        engine_args=settings.aider_args,
        stall_timeout_s=settings.stall_timeout_s,
    )
    stage = facts.world.drill_stage(keep=False)
    seen = stage.play(SCENARIOS["session"], setup, lambda _line: None, lambda _s: None)
    parts = {part.name: part for part in parts_of(seen)}
    for name in ("aider", "landing"):
        if parts[name].state == "failed":
            mend = for_part(parts[name], seen, facts.world, _DRILL)
            fix = write(mend.command) if mend else _anew(facts)
            return failed(f"{name}: {parts[name].note}", fix)
    return ok("it edited a scratch file, and the edit landed")
