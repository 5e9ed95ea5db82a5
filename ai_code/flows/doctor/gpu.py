"""The GPU that the machine has against the one that Ollama uses, and what its log complains of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.flows.doctor.server import ELSEWHERE
from ai_code.flows.doctor.serving import begin_anew, variable_or_who

if TYPE_CHECKING:
    from ai_code.core.machine import Gpu
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.doctor.server_log import Trouble

_CHOICES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
_NONE = ("-1", "none", "NoDevFiles")
_PACKAGES = {"libgomp": "libgomp1", "libstdc++": "libstdc++6"}
_NO_LOG = "there is no log of the server to read"
_NEEDED_CONTEXT = "16384"


def gpu(facts: Facts) -> Finding:
    """A GPU that is there is used."""
    if not facts.here:
        return skipped(ELSEWHERE)
    cards = facts.hardware().gpus
    if not cards:
        return skipped("no GPU is seen on this machine: models run on the CPU")
    names = ", ".join(card.name for card in cards)
    log, rows = facts.log(), facts.loaded_rows()
    if log.cpu_only:
        return failed(f"Ollama found no GPU, the machine has {names}", _see_gpu(facts, cards[0]))
    idle = [str(row["name"]) for row in rows if row.get("size") and row.get("size_vram") == 0]
    if idle:
        told = f"{idle[0]} runs on the CPU, the machine has {names}"
        return failed(told, _see_gpu(facts, cards[0]))
    if log.compute:
        return ok(f"{names}: used by {log.compute[0][0]}")
    if rows:
        return ok(f"{names}: {rows[0].get('name')} is on it")
    return skipped(f"{names}; no model is loaded, and {_NO_LOG}")


def _see_gpu(facts: Facts, card: Gpu) -> Fix:
    """NVIDIA's driver loses its memory module over a suspend; AMD's needs a group."""
    if card.vendor == "amd":
        return write('sudo usermod -aG render,video "$USER"   (then log in anew)')
    again = begin_anew(facts).shown
    if card.vendor == "nvidia":
        return write(f"sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm && {again}")
    return write(again)


def choice(facts: Facts) -> Finding:
    """No variable hides the GPU from the server."""
    if not facts.here:
        return skipped(ELSEWHERE)
    cards = facts.hardware().gpus
    variables = facts.variables()
    if not cards:
        return skipped("no GPU is seen on this machine")
    for name in _CHOICES:
        value = variables.get(name, "")
        numbers = [int(each) for each in value.split(",") if each.strip().isdigit()]
        beyond = bool(numbers) and min(numbers) >= len(cards)
        if value in _NONE or beyond:
            fix = variable_or_who(facts, name, None)
            why = "names no card that is there" if beyond else "hides the GPU"
            return warn(f"{name}={value} {why}: Ollama uses the CPU", fix)
    library = variables.get("OLLAMA_LLM_LIBRARY", "")
    if library.startswith("cpu"):
        fix = variable_or_who(facts, "OLLAMA_LLM_LIBRARY", None)
        return warn(f"OLLAMA_LLM_LIBRARY={library}: Ollama uses the CPU", fix)
    return ok("nothing hides the GPU")


def libraries(facts: Facts) -> Finding:
    """The runner finds its libraries."""
    log = facts.log()
    if not log.found:
        return skipped(_NO_LOG)
    if "libraries" not in log.troubles:
        return ok("nothing is missing")
    name = log.missing_library or "a library"
    package = _PACKAGES.get(name.partition(".so")[0])
    fix = run("sudo", "apt", "install", package) if package else write(f"install {name}")
    if facts.system == "darwin":
        fix = run("brew", "reinstall", "ollama")
    return failed(f"the log says that {name} is missing", fix)


def memory(facts: Facts) -> Finding:
    """No model failed for memory since the server started."""
    return _trouble(
        facts, "memory", "a model failed for memory", run("ollama", "ps"), "none since the start"
    )


def timeouts(facts: Facts) -> Finding:
    """No request timed out while a model was loaded."""
    fix = variable_or_who(facts, "OLLAMA_LOAD_TIMEOUT", "15m")
    return _trouble(facts, "timeout", "loading a model took too long", fix, "none since the start")


def truncated(facts: Facts) -> Finding:
    """No prompt was cut in silence."""
    log = facts.log()
    if not log.found or "truncated" not in log.troubles:
        return ok("no prompt was cut since the start") if log.found else skipped(_NO_LOG)
    fix = variable_or_who(facts, "OLLAMA_CONTEXT_LENGTH", _NEEDED_CONTEXT)
    cut = log.cut
    told = f"{cut[1]} tokens came and {cut[0]} were taken" if cut else "a prompt was cut"
    return warn(f"the context was cut in silence: {told}", fix)


def _trouble(facts: Facts, kind: Trouble, told: str, fix: Fix, good: str) -> Finding:
    log = facts.log()
    if not log.found:
        return skipped(_NO_LOG)
    if kind not in log.troubles:
        return ok(good)
    line = log.troubles[kind]
    said = line.partition("msg=")[2] or line
    return warn(f"{told}: {said[-160:]}", fix)
