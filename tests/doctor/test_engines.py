"""The engines that the settings name: each check broken, and mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ai_code.drill.models import FakeModel
from tests.doctor.patient import SMALL, Patient

TOOLS = replace(SMALL, name="llama3.2:3b", capabilities=("completion", "tools"), context=131072)
INSTALL = "ai-code engines install pi"


def evidence(patient: Patient, name: str) -> str:
    return patient.see(name).finding.evidence


@pytest.mark.parametrize("text", ["fallback.chain: [pi]\n", "engine: pi\n"])
def test_an_engine_that_is_missing(patient: Patient, text: str) -> None:
    patient.settings(text)
    patient.ollama(models=[TOOLS], version="0.20.0")
    patient.says("aider", "aider 0.86.2\n")
    patient.broken("engines-found", INSTALL, evidence="pi is not installed: there is no program pi")
    assert patient.see("engines-model").state == "skipped"
    if text.startswith("fallback"):
        told = "at a limit nothing could go on: pi is not installed"
        patient.broken("settings-fallback", INSTALL, evidence=told)
    path = patient.says("pi", "0.74.2\n")
    assert patient.mended("engines-found").finding.evidence == f"pi {path}"
    assert patient.mended("engines-model").finding.evidence == "pi with llama3.2:3b"


def test_the_next_of_the_chain_goes_on(patient: Patient) -> None:
    patient.settings("fallback.chain: [pi, aider]\n")
    patient.ollama(models=[SMALL, TOOLS], version="0.20.0")
    patient.says("aider", "aider 0.86.2\n")
    patient.broken("engines-found", INSTALL, state="warn", evidence="; aider goes on")
    told = "aider goes on at a limit, with deepseek-coder:6.7b"
    assert patient.mended("settings-fallback").finding.evidence == told
    patient.says("pi", "0.74.2\n")
    told = "pi goes on at a limit, with llama3.2:3b"
    assert patient.mended("settings-fallback").finding.evidence == told
    assert evidence(patient, "models-installed").startswith("llama3.2:3b (")
    patient.without("aider")
    told = "no program aider on the PATH; pi goes on"
    patient.broken("aider-found", "ai-code setup aider", state="warn", evidence=told)


@pytest.mark.parametrize(
    ("models", "version", "told"),
    [
        ([SMALL], "0.20.0", "pi works by calling tools, and deepseek-coder:6.7b cannot"),
        ([replace(TOOLS, context=4096)], "0.20.0", "need a context of 8192 tokens"),
        ([TOOLS], "0.1.0", "pi needs Ollama 0.1.24 or later"),
    ],
)
def test_a_model_or_a_server_that_will_not_do(
    patient: Patient, models: list[FakeModel], version: str, told: str
) -> None:
    patient.settings("fallback.chain: [pi]\n")
    patient.says("pi", "0.74.2\n")
    patient.ollama(models=models, version=version)
    seen = patient.see("engines-model")
    assert seen.fix is not None
    if "needs Ollama" in told:
        # A run leads there.
        patient.broken("ollama-version", seen.fix.shown, evidence=told)
    patient.broken("engines-model", seen.fix.shown, evidence=told)
    patient.broken("settings-fallback", seen.fix.shown, evidence=told)
    if models[0] is not TOOLS:
        assert seen.fix.shown.startswith("ai-code models pull ")
        patient.broken("models-installed", seen.fix.shown.partition("   ")[0],
                       evidence="none that is chosen by itself will do for pi")  # fmt: skip
    more = [TOOLS] if TOOLS in models else [*models, replace(TOOLS, name="llama3.1:8b")]
    patient.ollama(models=more, version="0.20.0")
    patient.mended("engines-model")


def test_several_that_will_do_and_none_that_is_chosen(patient: Patient) -> None:
    """All checks name the same model, and a command that lasts; nothing is downloaded."""
    patient.settings("fallback.chain: [opencode]\n")
    patient.says("opencode", "1.18.4\n")
    two = [replace(TOOLS, name="foo:7b"), replace(TOOLS, name="bar:7b")]
    patient.ollama(models=[replace(SMALL, name="baz:7b"), *two], version="0.20.0")
    fix = "ai-code models use foo:7b"
    patient.broken("models-installed", fix, evidence="none is chosen by itself (baz:7b, foo:7b")
    patient.broken("engines-model", fix, evidence="name one")
    patient.broken("settings-fallback", fix, evidence="name one")
    patient.settings("fallback.chain: [opencode]\nmodel: foo:7b\n")
    for name in ("models-installed", "engines-model", "settings-fallback"):
        patient.mended(name)


def test_aider_is_no_matter_where_nothing_needs_it(patient: Patient) -> None:
    patient.settings("fallback.chain: [claude-local]\n")
    for name in ("aider-found", "aider-version", "aider-bytecode"):
        assert patient.see(name).finding.evidence == "no engine that is set needs it"
    assert patient.see("aider-edits", deep=True).state == "skipped"
    patient.settings("fallback.chain: [claude-local]\nengines.for.ask: aider\n")
    patient.broken("aider-found", "ai-code setup aider")
    patient.settings("")
    patient.broken("aider-found", "ai-code setup aider")


def test_what_a_kind_of_task_needs_is_a_failure_though_another_goes_on(patient: Patient) -> None:
    """``engines.for`` gives that task to this engine alone, whatever the chain has."""
    patient.ollama(models=[TOOLS], version="0.20.0")
    patient.says("pi", "0.74.2\n")
    for chain in ("pi", "pi, aider"):
        patient.settings(f"fallback.chain: [{chain}]\nengines.for.ask: aider\n")
        seen = patient.broken("aider-found", "ai-code setup aider")
        assert "goes on" not in seen.finding.evidence
    patient.settings("fallback.chain: [pi, opencode]\nengines.for.plan: opencode\n")
    patient.broken("engines-found", "ai-code engines install opencode")
    patient.settings("fallback.chain: [pi, opencode]\n")
    patient.broken("engines-found", "ai-code engines install opencode", state="warn",
                   evidence="; pi goes on")  # fmt: skip


def test_without_another_engine_there_is_nothing_to_look_at(patient: Patient) -> None:
    for name in ("engines-found", "engines-model"):
        assert patient.see(name).finding.evidence == "no engine but aider is set"


def test_a_server_that_is_silent_is_said_once(patient: Patient) -> None:
    patient.settings("fallback.chain: [pi]\n")
    patient.says("pi", "0.74.2\n")
    assert patient.see("engines-model").finding.evidence == "Ollama does not answer"
    seen = patient.see("settings-fallback")
    assert seen.state == "failed" and "Ollama is not running" in seen.finding.evidence


def test_an_empty_chain(patient: Patient) -> None:
    patient.settings("fallback.chain: []\n")
    line = "fallback.chain: [aider]   (in ~/.config/ai-code/config.yaml)"
    patient.broken("settings-fallback", line, state="warn", evidence="fallback.chain")
    patient.env["AI_CODE_FALLBACK_CHAIN"] = "[]"
    fix = "export AI_CODE_FALLBACK_CHAIN=aider"
    patient.broken("settings-fallback", fix, state="warn", evidence="fallback.chain")
