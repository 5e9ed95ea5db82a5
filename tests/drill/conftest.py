"""A real Claude Code and a real aider, run against the stand-ins."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill.serving import StandIn


@dataclass(frozen=True)
class Run:
    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a stream-json run."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def result(self) -> dict[str, Any]:
        (result,) = self.of_type("result")
        return result


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """The JSON lines of an NDJSON answer."""
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def events(self) -> list[Any]:
        """The data of server-sent events, without OpenAI's [DONE]."""
        rows = [row[6:] for row in self.body.decode().splitlines() if row.startswith("data: ")]
        return [json.loads(row) for row in rows if row != "[DONE]"]


Ask = Callable[..., Answer]


@pytest.fixture
def ask() -> Ask:
    """One HTTP request to a stand-in, on a connection of its own."""

    def send(
        server: StandIn,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            raw = None if body is None else json.dumps(body).encode()
            connection.request(method, path, raw, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    return send


@pytest.fixture
def run_claude(
    claude_bin: Path, clean_env: dict[str, str], git_project: Path
) -> Callable[..., Run]:
    """Runs the real claude in ``git_project``, logged in as a subscription would be."""

    def run(url: str, *arguments: str, env: dict[str, str] | None = None) -> Run:
        variables = {"ANTHROPIC_BASE_URL": url, "CLAUDE_CODE_OAUTH_TOKEN": "dummy"}
        done = subprocess.run(
            [
                str(claude_bin),
                *("-p", "--output-format", "stream-json", "--verbose"),
                *("--permission-mode", "acceptEdits", *arguments),
            ],
            input="add a docstring to hello()\n",
            cwd=git_project,
            env={**clean_env, **variables, **(env or {})},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def run_aider(aider_bin: Path, clean_env: dict[str, str], git_project: Path) -> Callable[..., Run]:
    """Runs the real aider in ``git_project`` with the guards of the facts file."""

    def run(url: str, model: str = "deepseek-coder:6.7b", edit_format: str = "diff") -> Run:
        settings = git_project.parent / "models.yml"
        settings.write_text(
            f"- name: ollama_chat/{model}\n"
            f"  edit_format: {edit_format}\n"
            f"  weak_model_name: ollama_chat/{model}\n"
            "  extra_params: {num_ctx: 16384}\n"
        )
        message = git_project.parent / "message.txt"
        message.write_text("add a docstring to hello()\n")
        done = subprocess.run(
            [
                str(aider_bin),
                *("--model", f"ollama_chat/{model}", "--model-settings-file", str(settings)),
                *("--edit-format", edit_format, "--yes-always", "--no-auto-commits"),
                *("--no-suggest-shell-commands", "--no-detect-urls", "--disable-playwright"),
                *("--no-gitignore", "--no-check-update", "--no-show-release-notes"),
                *("--no-show-model-warnings", "--no-analytics", "--no-pretty"),
                *("--no-fancy-input", "--env-file", "/dev/null", "--timeout", "20"),
                *("--chat-history-file", "/dev/null", "--input-history-file", "/dev/null"),
                *("--file", "hello.py", "--message-file", str(message)),
            ],
            stdin=subprocess.DEVNULL,
            cwd=git_project,
            env={
                **clean_env,
                "OLLAMA_API_BASE": url,
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "NO_PROXY": "127.0.0.1,localhost",
                "BROWSER": "true",
                "COLUMNS": "10000",
            },
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run
