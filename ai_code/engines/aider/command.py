"""aider's command line: one message, no questions, no network but the model's server.

Every flag here silences something that aider was seen to do unattended (0.86.2): run the
model's shell commands, run a repository's test-cmd, load a repository's .env, open a browser,
write .gitignore, run ``git init``, commit, retry for a minute without a word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ai_code.core.brief import Brief, render, render_facts
from ai_code.core.command import Command
from ai_code.core.secret_values import secret_names
from ai_code.core.task import COUNTS_LOG, FENCE_LOG, LocalModel, Task

_GUARDS = (
    "--no-auto-commits",
    "--no-dirty-commits",
    "--no-suggest-shell-commands",
    "--no-detect-urls",
    "--disable-playwright",
    "--no-gitignore",
    "--no-check-update",
    "--no-show-release-notes",
    "--no-show-model-warnings",
    "--no-analytics",
    "--no-auto-lint",
    "--no-auto-test",
    "--no-watch-files",
    "--no-copy-paste",
    "--no-restore-chat-history",
    "--no-notifications",
    "--stream",
)
_UNATTENDED = ("--yes-always", "--no-pretty", "--no-fancy-input")

_NOWHERE = (
    "--env-file",
    "--chat-history-file",
    "--input-history-file",
    "--load",
    "--llm-history-file",
)


MODULES = (
    "aider.main",
    "litellm",
    "httpx",
    "networkx",
    "numpy",
    "scipy.sparse.linalg",
    "scipy.sparse.csgraph",
    "tree_sitter_language_pack",
    "importlib_resources.readers",
    "importlib_resources.future.adapters",
    "litellm.litellm_core_utils.default_encoding",
    "litellm.litellm_core_utils.token_counter",
    "litellm.litellm_core_utils.get_supported_openai_params",
    "litellm.llms.litellm_proxy.chat.transformation",
    "litellm.llms.openai_like.dynamic_config",
    "litellm.llms.ollama.chat.transformation",
    "litellm.llms.ollama.completion.transformation",
    "litellm.llms.vertex_ai.vertex_ai_partner_models.anthropic.transformation",
    "httpcore",
)
"""What aider 0.86.2 has imported by its first request to a model, found by measurement: all that
``sys.modules`` held by then, the packages that brought the rest. aider.main comes first: it sets
what litellm reads while it is imported."""


FACTS = "about.md"
"""The facts of the brief, as a read-only file of aider's chat."""


def aider_command(task: Task) -> Command:
    """The command of one attempt. ``files_of`` tells what must be on disk before it starts."""
    folder = task.run_dir / "aider"
    facts = bool(render_facts(task.brief or Brief(task=task.request.prompt)))
    argv = [*arguments(task, facts=facts), *_UNATTENDED]
    argv += ["--message-file", str(folder / "message")]
    return Command(
        argv=tuple(argv),
        cwd=task.workdir,
        env={**environment(task), **_PLAIN},
        stall_timeout_s=task.stall_timeout_s,
        deadline_s=task.deadline_s,
        fresh=(folder / FENCE_LOG,) if task.fence_dir else (),
    )


def arguments(task: Task, *, facts: bool) -> list[str]:
    """What every aider of ours is started with; ``facts``: there is a file of them."""
    model = _model(task)
    brief = task.brief or Brief(task=task.request.prompt)
    folder = task.run_dir / "aider"
    # What the person's arguments may choose stands before them, our guards after.
    argv = [*task.program.argv, "--timeout", "600", "--map-tokens", "1024", *task.extra_args]
    argv += ["--model", f"ollama_chat/{model.name}"]
    argv += ["--model-settings-file", str(folder / "model-settings.yml")]
    argv += ["--model-metadata-file", str(folder / "model-metadata.json")]
    # aider's ask mode edits nothing, and has a prompt of its own that says so.
    form = task.edit_format if task.mode == "edit" else "ask"
    argv += ["--edit-format", form, *_GUARDS]
    for option in _NOWHERE:
        argv += [option, "/dev/null"]
    argv += ["--notifications-command", "true"]
    for setting in _beats_a_dotenv(model):
        argv += ["--set-env", setting]
    if language := reply_language(task.request.prompt, task.environ):
        argv += ["--chat-language", language]
    if not task.in_git:
        argv.append("--no-git")
    if facts:
        argv += ["--read", str(folder / FACTS)]
    for context in brief.context:
        argv += ["--read", str(context.path)]
    for name in brief.editable:
        argv += ["--file", str(task.workdir / name)]
    return argv


def reply_language(prompt: str, environ: Mapping[str, str]) -> str:
    """The language code aider asks the model to reply in; empty leaves it to aider.

    aider looks at the locale, which we set to C. A prompt with kana is Japanese whatever the
    locale says."""
    if any("\u3040" <= char <= "\u30ff" for char in prompt):
        return "ja"
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    code = locale.split(".")[0].split("_")[0]
    return code if code.isalpha() and len(code) in (2, 3) and code != "en" else ""


def files_of(task: Task) -> Mapping[str, str]:
    """Name → text of the files that the command names, for the run's folder ``aider``."""
    model = _model(task)
    message, facts = told_of(task.brief or Brief(task=task.request.prompt))
    return {
        "message": message,
        FACTS: facts,
        "model-settings.yml": json.dumps(_model_settings(task)),
        "model-metadata.json": json.dumps(_model_metadata(model)),
    }


def told_of(brief: Brief) -> tuple[str, str]:
    """The message, and the facts as a file of their own."""
    return render(brief), render_facts(brief)


def refusals_of(log: str) -> list[str]:
    """One text for each refusal in the fence's log. aider tries to start harmless programs and
    reaches for pages of its own; only what touches files is worth telling."""
    told: list[str] = []
    for line in log.splitlines():
        try:
            what, which = json.loads(line)
        except ValueError:
            continue
        if what == "writing":
            told.append(f"the model's edit of {which}, which is not its to write")
    return list(dict.fromkeys(told))


def _model(task: Task) -> LocalModel:
    if task.local is None:
        raise ValueError("aider needs a local model")
    return task.local


def _model_settings(task: Task) -> list[dict[str, object]]:
    """JSON is YAML: no name of a model can break out of it. A fixed num_ctx keeps Ollama from
    loading the model anew for each request; the row ``aider/extra_params`` beats a file of the
    repository's own."""
    model = _model(task)
    extra: dict[str, object] = {"num_ctx": model.num_ctx}
    if model.keep_alive is not None:
        extra["keep_alive"] = model.keep_alive
    if model.headers:
        extra["extra_headers"] = dict(model.headers)
    name = f"ollama_chat/{model.name}"
    return [
        {
            "name": name,
            "edit_format": task.edit_format,
            "use_temperature": task.temperature,
            "use_repo_map": True,
            "weak_model_name": name,
            "extra_params": extra,
        },
        {"name": "aider/extra_params", "extra_params": {"api_base": model.base_url}},
    ]


def _model_metadata(model: LocalModel) -> dict[str, object]:
    """With the model's data at hand aider knows its window. litellm asks /api/show all the same
    (0.86.2, no option prevents it), without a time limit and without our headers; its answer
    matters no more."""
    return {
        f"ollama_chat/{model.name}": {
            "max_tokens": model.num_ctx,
            "max_input_tokens": model.num_ctx,
            "max_output_tokens": model.num_ctx,
            "input_cost_per_token": 0,
            "output_cost_per_token": 0,
            "litellm_provider": "ollama_chat",
            "mode": "chat",
        }
    }


def _beats_a_dotenv(model: LocalModel) -> tuple[str, ...]:
    """A repository's .env wins over the environment; --set-env wins over both."""
    proxies = [f"{name}=" for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")]
    trust = [f"{name}={value}" for name, value in _certificates(model).items()]
    return (f"OLLAMA_API_BASE={model.base_url}", *proxies, "NO_PROXY=*", "no_proxy=*", *trust)


def _certificates(model: LocalModel) -> dict[str, str]:
    """What https is checked against: httpx, which litellm asks Ollama with, and requests bring
    a list of their own otherwise. SSL_VERIFY is litellm's switch (1.81): a .env could turn it
    off."""
    if not model.base_url.startswith("https:"):
        return {}
    named = {"SSL_CERT_FILE": model.ca_file, "REQUESTS_CA_BUNDLE": model.ca_file}
    return {"SSL_VERIFY": "True", **(named if model.ca_file else {})}


_PLAIN: dict[str, str | None] = {
    "COLUMNS": "10000",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
}
"""For output that only we read."""


def environment(task: Task) -> dict[str, str | None]:
    """What is changed for every aider of ours, the fence among it."""
    model, folder = _model(task), task.run_dir / "aider"
    host = urlsplit(model.base_url)
    port = host.port or (443 if host.scheme == "https" else 80)
    home = task.environ.get("HOME", "")
    own = [f"{home}/.aider/{name}" for name in _AIDERS_OWN]
    writable = [str(task.workdir), str(folder / "tmp"), *own]
    env: dict[str, str | None] = {
        **dict.fromkeys(secret_names(task.environ)),
        "OLLAMA_API_BASE": model.base_url,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "BROWSER": "true",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder / "tmp"),
        "GIT_OPTIONAL_LOCKS": "0",
        **_git_settings(),
        **_certificates(model),
    }
    for name in task.environ:
        # Options from the environment would beat our guards; the user's file stays in force.
        if name.startswith("AIDER_") or name in _GIT_PLACES:
            env[name] = None
    if task.fence_dir:
        known = task.environ.get("PYTHONPATH", "")
        env["PYTHONPATH"] = str(task.fence_dir) + (f":{known}" if known else "")
        env["AI_CODE_FENCE"] = json.dumps(
            {
                "write": writable,
                "connect": [[host.hostname, port], *_loopback(host.hostname, port)],
                "told": str(folder / FENCE_LOG),
                "counts": str(folder / COUNTS_LOG),
            }
        )
    return env


_GIT_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    # Without an identity aider writes one into the repository's settings. It commits nothing.
    "user.name": "ai-code",
    "user.email": "ai-code@localhost",
}


def _git_settings() -> dict[str, str]:
    """Settings for every git that aider starts, stronger than any file (git-config(1))."""
    env = {"GIT_CONFIG_COUNT": str(len(_GIT_SETTINGS))}
    for number, (key, value) in enumerate(_GIT_SETTINGS.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


_AIDERS_OWN = ("caches", "analytics.json", "installs.json")
"""What aider keeps in the home folder. Not the whole folder: its oauth-keys.env is loaded at
every start, and a model must not write it."""

_GIT_PLACES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"})


def _loopback(host: str | None, port: int) -> list[list[object]]:
    """``localhost`` is looked up to one of these before the connection is made."""
    return [["127.0.0.1", port], ["::1", port]] if host in ("localhost", "127.0.0.1", "::1") else []
