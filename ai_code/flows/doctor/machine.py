"""The machine: memory, graphics card, disk, git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.memory import GIB, gb, gib
from ai_code.flows.doctor.claude import program_found
from ai_code.flows.doctor.downloads import folder
from ai_code.flows.doctor.facts import Found
from ai_code.flows.doctor.models import first

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_LEAST_RAM = 7 * GIB
"""A machine of 8 GB shows a little less. Below it no model of 7B works."""
_LEAST_FREE = 1 * GIB
_LEAST_STATE = 512 << 20
_LEAST_MODELS = 10 * GIB
"""A model of 7B takes 4 to 5 GB, and while it is fetched nothing else may fill the disk."""
_NEARLY_FULL = 0.97
_GIT_OLDEST = (2, 30, 0)


def ram(facts: Facts) -> Finding:
    """Memory, all of it and what is free."""
    machine = facts.hardware()
    told = f"{gib(machine.ram_available)} of {gib(machine.ram_total)} can be had"
    closing = run("ps", "-eo", "pid,rss,comm", "--sort=-rss")
    if facts.system == "darwin":
        closing = run("top", "-o", "mem")
    if machine.ram_total < _LEAST_RAM and machine.vram_total < _LEAST_RAM:
        return warn(f"{told}: little for a model of 7B", first(facts))
    if machine.ram_available < _LEAST_FREE:
        return warn(f"{told}: close something", closing)
    return ok(told)


def vram(facts: Facts) -> Finding:
    """The graphics cards and their memory; a driver that does not answer."""
    looked = Found(facts.world, ("nvidia-smi",))
    if looked.program is not None:
        told = facts.ask("nvidia-smi", "--list-gpus")
        if told.code != 0:
            said = (told.out + told.err).strip().splitlines()
            why = said[0] if said else told.problem or f"exit {told.code}"
            return failed(f"nvidia-smi fails: {why}", _driver(why))
    cards = facts.hardware().gpus
    if not cards:
        return ok("no GPU: models run on the CPU")
    listed = [f"{c.name}, {gib(c.vram_free)} of {gib(c.vram_total)} free" for c in cards]
    full = [c for c in cards if not c.unified and c.vram_total and _share(c) > _NEARLY_FULL]
    if full and not facts.loaded_rows():
        return warn(f"{'; '.join(listed)}: another program holds it", run("nvidia-smi"))
    return ok("; ".join(listed))


def _share(card: object) -> float:
    total, free = getattr(card, "vram_total", 0), getattr(card, "vram_free", 0)
    return 1 - free / total if total else 0.0


def _driver(why: str) -> Fix:
    if "mismatch" in why:
        return write("sudo reboot   (the driver was updated under the running kernel)")
    return run("sudo", "modprobe", "nvidia")


def disk(facts: Facts) -> Finding:
    """Room for models, and for our records."""
    state = facts.machine_facts.disk(facts.world.state_dir)
    if state is not None and state.free < _LEAST_STATE:
        return failed(
            f"{gb(state.free)} free for {facts.world.state_dir}",
            run("df", "-h", str(facts.world.state_dir)),
        )
    if not facts.here:
        return ok(f"{gb(state.free)} free" if state else "not told")
    models = folder(facts)
    room = facts.machine_facts.disk(models)
    if room is None:
        return skipped(f"{models} cannot be looked at")
    told = f"{gb(room.free)} free for {models}"
    if room.free < _LEAST_MODELS:
        was_full = " (the log tells of a full disk)" if "space" in facts.log().troubles else ""
        removing = write("ai-code models list   (then: ai-code models rm NAME)")
        # Without a model something else fills the disk.
        nothing = facts.served() is not None and not facts.served()
        return warn(told + was_full, run("df", "-h") if nothing else removing)
    return ok(told)


def git(facts: Facts) -> Finding:
    """A local model's worktree needs git."""
    looked = Found(facts.world, ("git",))
    install = run("brew", "install", "git") if facts.system == "darwin" else _apt(facts)
    finding = program_found(looked, install)
    if looked.program is None:
        return finding
    version = facts.world.processes.version(looked.program)
    if version.version is None:
        return failed(f"{version.argv[0]} --version names no version", install)
    if version.version < _GIT_OLDEST:
        return warn(f"{version.version_text} is old", install)
    return ok(version.version_text)


def _apt(facts: Facts) -> Fix:
    if facts.machine_facts.entry(facts.nixos) is not None:
        return write("programs.git.enable = true;")
    return run("sudo", "apt", "install", "git")


def identity(facts: Facts) -> Finding:
    """A commit needs a name: ``fallback.auto-commit``, and yours."""
    if Found(facts.world, ("git",)).program is None:
        return skipped("git was not found")
    cwd = facts.world.cwd
    asked = {
        key: facts.ask("git", "config", "--get", key, cwd=cwd).out.strip()
        for key in ("user.name", "user.email")
    }
    environ = facts.world.environ
    asked["user.name"] = asked["user.name"] or environ.get("GIT_AUTHOR_NAME", "")
    asked["user.email"] = asked["user.email"] or environ.get("GIT_AUTHOR_EMAIL", "")
    missing = [key for key, value in asked.items() if not value]
    if not missing:
        return ok(f"{asked['user.name']} <{asked['user.email']}>")
    value = {"user.name": "Your Name", "user.email": "you@example.com"}
    ours = facts.machine_facts.entry(facts.home / ".config/git/config")
    if ours is not None and ours.real.startswith("/nix/store/"):
        lines = [f'programs.git.settings.{key} = "{value[key]}";' for key in missing]
        return warn(f"git has no {' and no '.join(missing)}", write(" ".join(lines)))
    fix = Fix(tuple(("git", "config", "--global", key, value[key]) for key in missing))
    return warn(f"git has no {' and no '.join(missing)}", fix)
