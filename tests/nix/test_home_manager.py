"""The module in the real Home Manager, evaluated, built and activated, on stand-ins of packages.

Run where HOME_MANAGER and NIXPKGS_LIB name checkouts, with a Nix that may build (2.18 or later):

    HOME_MANAGER=~/home-manager NIXPKGS_LIB=~/nixpkgs.lib ./test tests/nix

Not covered here: the packages of nixpkgs themselves (`nix flake check` does that).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.nix.home_manager import HomeManager

UNITS = "home-files/.config/systemd/user"


def environment(unit: str) -> dict[str, str]:
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.M))


FULL = """{
  programs.ai-code = {
    settings = { patience = "30s"; models.exclude-countries = [ "CN" ]; };
    aider.settings.dark-mode = true;
    ollama = { keepAlive = "1h30m"; contextLength = 16384; models = [ "mistral:7b" ]; };
  };
  services.ollama = { host = "0.0.0.0"; port = 11500; };
}"""


def test_the_unit(manager: HomeManager) -> None:
    unit = (manager.build(FULL) / UNITS / "ollama.service").read_text()
    assert environment(unit) == {
        "OLLAMA_KEEP_ALIVE": "1h30m",
        "OLLAMA_CONTEXT_LENGTH": "16384",
        "OLLAMA_HOST": "0.0.0.0:11500",
    }
    for line in (
        "Type=exec", "Restart=on-failure", "RestartSec=3", "StartLimitBurst=10",
        "StartLimitIntervalSec=300", "OOMPolicy=continue", "NoNewPrivileges=true", "UMask=0077",
        "WantedBy=default.target", "EnvironmentFile=-%E/ai-code/ollama.env",
    ):  # fmt: skip
        assert f"\n{line}\n" in unit, line
    assert "SystemCallFilter" not in unit


def test_the_generation(manager: HomeManager) -> None:
    """All that a switch brings, and the settings in it."""
    made = manager.build(FULL)
    config = (made / "home-files/.config/ai-code/config.yaml").read_text()
    assert "patience: 30s" in config and "api: http://127.0.0.1:11500" in config
    wants = made / UNITS / "ollama.service.wants/ai-code-models.service"
    models = wants.read_text()
    assert "BindsTo=ollama.service" in models and "After=ollama.service" in models
    assert "AI_CODE_OLLAMA_API=http://127.0.0.1:11500" in models
    assert "RestartPreventExitStatus=1 2 78 125 126 127" in models
    [start] = re.findall(r"^ExecStart=(.*)$", models, re.M)
    assert "models pull --missing --yes -- mistral:7b" in Path(start).read_text()
    assert (made / UNITS / "default.target.wants/ollama.service").exists()
    assert {"ai-code", "aider", "ollama"} <= {p.name for p in (made / "home-path/bin").iterdir()}
    assert not (made / "home-path/bin/claude").exists()
    assert "dark-mode: true" in (made / "home-files/.aider.conf.yml").read_text()
    variables = (made / "home-path/etc/profile.d/hm-session-vars.sh").read_text()
    assert 'OLLAMA_KEEP_ALIVE="1h30m"' in variables
    assert 'OLLAMA_CONTEXT_LENGTH="16384"' in variables


def test_the_package(manager: HomeManager, tmp_path: Path) -> None:
    """What the person has wins; what is missing is brought along; the manual is there."""
    path = manager.build() / "home-path"
    assert (path / "share/man/man1/ai-code.1").exists()
    assert (path / "share/bash-completion/completions/ai-code").exists()
    assert (path / "share/zsh/site-functions/_ai-code").exists()
    assert (path / "share/fish/vendor_completions.d/ai-code.fish").exists()
    program = (path / "bin/ai-code").read_text()
    assert re.search(r'PATH="\$\{PATH:\+\$PATH:\}"\S*-aider', program), program
    mine = tmp_path / "bin"
    mine.mkdir()
    (mine / "ollama").write_text("#!/bin/sh\n")
    (mine / "ollama").chmod(0o755)
    env = {"HOME": str(tmp_path), "PATH": f"{mine}:/usr/bin:/bin", "NO_COLOR": "1"}
    told = subprocess.run(
        [path / "bin/ai-code", "doctor", "--json"], env=env, capture_output=True, text=True
    )
    rows = {row["id"]: row for row in json.loads(told.stdout)["checks"]}
    assert str(mine / "ollama") in json.dumps(rows["ollama-binary"])
    assert "/nix/store" in json.dumps(rows["aider-found"])


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ('ollama.keepAlive = "5 m"', "is no time that Ollama takes"),
        ('ollama.keepAlive = "%h"', "is no time that Ollama takes"),
        ('ollama.models = [ "a b" ]', "is not a model's name"),
        (
            'ollama.models = [ "qwen3:8b" ]; settings.models.exclude-countries = [ "CN" ]',
            "models.exclude-countries has CN",
        ),
        ('ollama.models = [ "x:1" ]; settings.models.deny = [ "x*" ]', "models.deny names it"),
        ('ollama.hardening = "very"', "programs.ai-code.ollama.hardening"),
        ("ollama.contextLength = 0", "positive integer"),
    ],
)
def test_bad_values(manager: HomeManager, extra: str, told: str) -> None:
    refusal = manager.refusal(f"{{ programs.ai-code = {{ {extra}; }}; }}")
    assert told in " ".join(refusal.split())


def test_variables_that_systemd_would_change(manager: HomeManager) -> None:
    refusal = manager.refusal('{ services.ollama.environmentVariables.X = "a b"; }')
    assert "services.ollama.environmentVariables.X" in refusal and "a blank" in refusal


def test_a_setting_that_ai_code_does_not_know_fails_the_build(manager: HomeManager) -> None:
    extra = "{ programs.ai-code.settings.patince = 3; }"
    done = manager._call("build", extra, "activationPackage", "--no-link", "-L")
    assert done.returncode != 0 and "patince" in done.stderr


OFF = "{ programs.ai-code.enable = false; }"
NO_OLLAMA = "{ programs.ai-code.ollama.enable = false; }"


@pytest.mark.parametrize("extra", [OFF, NO_OLLAMA], ids=["the program", "ollama"])
def test_what_is_off_leaves_no_trace(manager: HomeManager, extra: str) -> None:
    made = manager.build(extra)
    assert not list(made.glob(f"{UNITS}/**/*ollama*")) and not list(made.glob(f"{UNITS}/*ai-code*"))
    assert "OLLAMA" not in (made / "home-path/etc/profile.d/hm-session-vars.sh").read_text()
    assert not (made / "home-path/bin/ollama").exists()
    assert (made / "home-path/bin/ai-code").exists() is (extra == NO_OLLAMA)
    # Without an Ollama to name there is nothing to say to ai-code.
    assert not (made / "home-files/.config/ai-code").exists()


def test_all_of_it_can_be_overruled(manager: HomeManager) -> None:
    extra = """{
      systemd.user.services.ollama.Service = { Restart = "always"; UMask = "0022"; };
      services.ollama.environmentVariables.OLLAMA_KEEP_ALIVE = "-1";
      home.sessionVariables.OLLAMA_KEEP_ALIVE = "24h";
      programs.ai-code.settings.ollama.api = "http://127.0.0.1:9999";
      programs.ai-code.ollama.restart = "no";
    }"""
    made = manager.build(extra)
    unit = (made / UNITS / "ollama.service").read_text()
    assert "\nRestart=always\n" in unit and "\nUMask=0022\n" in unit
    assert environment(unit)["OLLAMA_KEEP_ALIVE"] == "-1"
    variables = (made / "home-path/etc/profile.d/hm-session-vars.sh").read_text()
    assert 'OLLAMA_KEEP_ALIVE="24h"' in variables
    config = (made / "home-files/.config/ai-code/config.yaml").read_text()
    assert "http://127.0.0.1:9999" in config


@pytest.mark.parametrize(
    ("hardening", "has", "has_not"),
    [
        ("false", [], ["NoNewPrivileges", "UMask", "SystemCallFilter"]),
        ('"strict"', ["NoNewPrivileges=true", "SystemCallFilter=@system-service"], []),
    ],
)
def test_hardening(
    manager: HomeManager, hardening: str, has: list[str], has_not: list[str]
) -> None:
    made = manager.build(f"{{ programs.ai-code.ollama.hardening = {hardening}; }}")
    unit = (made / UNITS / "ollama.service").read_text()
    assert all(line in unit for line in has) and not any(name in unit for name in has_not)


def test_ollama_of_the_system(manager: HomeManager) -> None:
    """No second one on the same port; ai-code is told where the first is."""
    given = {"os": '{ services.ollama = { enable = true; host = "::"; port = 12000; }; }'}
    made = manager.build(**given)
    assert not list(made.glob(f"{UNITS}/**/*ollama*"))
    config = (made / "home-files/.config/ai-code/config.yaml").read_text()
    assert "http://127.0.0.1:12000" in config
    forced = manager.value("services.ollama.enable", "{ programs.ai-code.ollama.enable = true; }",
                           **given)  # fmt: skip
    assert forced is True
    assert manager.value("programs.ai-code.ollama.enable", os="{ }") is True


def test_macos(manager: HomeManager) -> None:
    """launchd's agent has the same variables; what is not there is said."""
    given = {"system": '"aarch64-darwin"', "home": '"/Users/someone"'}
    agent = manager.value("launchd.agents.ollama.config", FULL, **given)
    variables = agent["EnvironmentVariables"]
    assert variables["OLLAMA_KEEP_ALIVE"] == "1h30m" and "OLLAMA_HOST" in variables
    assert agent["KeepAlive"]["Crashed"] is True
    [warning] = manager.value("warnings", FULL, **given)
    assert "programs.ai-code.ollama.models" in warning
    assert "ai-code models pull mistral:7b" in warning
    assert manager.value("warnings", "{ }", **given) == []


def test_claude_code_is_asked_for_or_not_there(manager: HomeManager) -> None:
    extra = "{ programs.ai-code.claude-code.enable = true; }"
    assert "unfree" in manager.refusal(extra)
    made = manager.build(f"{{ imports = [ {extra} ]; nixpkgs.config.allowUnfree = true; }}")
    assert (made / "home-path/bin/claude").exists()


def test_switched_on_and_off(manager: HomeManager) -> None:
    """Activated in a home of its own: links come, and go without a trace."""
    manager.switch(manager.build(FULL))
    unit = manager.home / ".config/systemd/user/ollama.service"
    config = manager.home / ".config/ai-code/config.yaml"
    assert unit.is_symlink() and config.resolve().is_relative_to("/nix/store")
    manager.switch(manager.build(OFF))
    assert not unit.exists() and not config.parent.exists()
    assert not (manager.home / ".config/systemd/user/ollama.service.wants").exists()


def test_systemd_takes_the_units(manager: HomeManager, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed: the units were not verified")
    for level, most in (("true", 8.0), ('"strict"', 6.6)):
        extra = f"{{ imports = [ {FULL} ]; programs.ai-code.ollama.hardening = {level}; }}"
        units = tmp_path / level.strip('"')
        units.mkdir()
        for path in (manager.build(extra) / UNITS).glob("*.service"):
            shutil.copy(path, units)
        env: Mapping[str, str] = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
                                  "PATH": "/usr/bin:/bin"}  # fmt: skip
        path = units / "ollama.service"
        for words in (["verify", "--user", "--man=no", path],
                      ["security", "--user", "--offline=true", path]):  # fmt: skip
            done = subprocess.run([analyze, *words], env=env, capture_output=True, text=True)
            assert not [li for li in done.stderr.splitlines() if "ollama" in li or "ai-code" in li]
        found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        assert found and float(found[1]) <= most
