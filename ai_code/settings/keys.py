"""The one table of settings: every key with its type, default, help and need of trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from ai_code.core.verdict import PLAN_KINDS, LimitKind

KeyType = Literal[
    "choice", "name", "text", "bool", "int", "duration", "list", "command", "commands", "mapping",
    "url", "urls", "path", "notify", "countries",
]  # fmt: skip
"""``name`` is text that becomes one word of a command line (a model); ``duration`` is seconds;
``command`` is a list of arguments, where a single text stands for the program's path;
``commands`` has one such list for each engine that it names; ``urls``
is a list of addresses; ``countries`` is one of two-letter codes; ``path`` is absolute, or begins
with ``~/``; ``notify`` is off, desktop or a list of arguments."""

Value = (
    str | bool | int | float | None | tuple[str, ...]
    | Mapping[str, str] | Mapping[str, tuple[str, ...]]
)  # fmt: skip
"""A setting in its typed form, as a file would have said it (groups are not expanded)."""

DEFAULT_API = "http://127.0.0.1:11434"
"""Where Ollama listens unless told otherwise (its own default)."""

GROUPS: Mapping[str, frozenset[str]] = {"plan": frozenset(kind.value for kind in PLAN_KINDS)}
"""Words of ``fallback.on`` that stand for several kinds."""

_UNAVAILABLE = ("network", "auth", "missing")
FALLBACK_ON = ("plan", *(kind.value for kind in LimitKind), *_UNAVAILABLE)


class Key(NamedTuple):
    """One setting. ``flag`` is the command line's spelling of it, empty where there is none.

    ``trusted`` keys are taken from a project's file only after ``ai-code config trust``;
    ``guard`` says the same of single values. A ``secret`` is never printed."""

    name: str
    type: KeyType
    default: Value
    help: str
    trusted: bool = False
    flag: str = ""
    choices: tuple[str, ...] = ()
    nullable: bool = False
    secret: bool = False
    guard: Callable[[Value], bool] | None = None
    engines: Literal["", "any", "local"] = ""
    """Its words, or the names in it, have to be those of engines; ``any``: or ``auto``."""

    @property
    def env(self) -> str:
        """The environment variable that sets this key."""
        return "AI_CODE_" + self.name.upper().replace(".", "_").replace("-", "_")

    @property
    def attribute(self) -> str:
        """The attribute of ``Settings``; durations carry their unit."""
        plain = self.name.replace(".", "_").replace("-", "_")
        return plain + "_s" if self.type == "duration" else plain

    def needs_trust(self, value: Value) -> bool:
        """Whether a project's file may set this only when the person trusts it."""
        return self.trusted or (self.guard is not None and self.guard(value))


def _pushes_out(value: Value) -> bool:
    """Whether models that others use may be unloaded."""
    return value == "always"


def _outside(value: Value) -> bool:
    """Whether a list of paths names something that is not below the project."""
    paths = value if isinstance(value, tuple) else ()
    return any(path.startswith(("/", "~")) or ".." in path.split("/") for path in paths)


_TABLE = (
    Key("engine", "name", "auto",
        "Which engine works. auto is Claude Code, then the fallback; a name is that one only.",
        flag="--engine", engines="any", trusted=True),
    Key("model", "name", "auto",
        "The local model. auto takes the best installed one that is allowed, will do for the "
        "engine and fits into memory.",
        flag="--model"),
    Key("quiet", "bool", False,
        "Print nothing of ours but errors, the line of a switch, and what did not land.",
        flag="-q", trusted=True),
    Key("verbose", "bool", False, "Say more about what is done and why.", flag="-v"),
    Key("patience", "duration", 20.0,
        "How long a passing 429 or 529 of Claude is waited for before the fallback; a missing "
        "network too, where fallback.on names it.",
        flag="--patience"),
    Key("preload", "choice", "auto",
        "Whether the local model is loaded while Claude retries or nears its limit: where it fits "
        "beside all that is loaded, always (others may be pushed out), or never.",
        choices=("auto", "never", "always"), guard=_pushes_out),
    Key("stall-timeout", "duration", 300.0,
        "An engine that prints nothing for so long is ended; 0 is never. Claude, whose tools may "
        "run long, is given 30 minutes unless you set this.", flag="--stall-timeout"),
    Key("timeout", "duration", 0.0, "Deadline of each engine's turn. 0 is none.", flag="--timeout"),
    Key("claude.model", "name", None,
        "Claude's model. Not set: whatever Claude itself is set to.",
        flag="--claude-model", nullable=True),
    Key("claude.command", "command", ("claude",), "How Claude Code is started.", trusted=True),
    Key("claude.args", "list", (), "Further arguments for Claude Code.", trusted=True),
    Key("claude.when-limited", "choice", "try",
        "When a reset lies ahead: try Claude all the same, or skip it.",
        choices=("try", "skip")),
    Key("claude.extra-usage", "choice", "tell",
        "When a run begins to use paid extra usage: tell, or treat it as a limit.",
        choices=("tell", "limit"), trusted=True),
    Key("fallback.enabled", "bool", True,
        "Whether another engine goes on at a limit.", flag="--no-fallback"),
    Key("fallback.chain", "list", ("aider",),
        "Engines that go on at a limit, in this order: the next one where one is not installed, "
        "its model cannot be had, or it failed before it changed anything.",
        engines="local", trusted=True),
    Key("fallback.commands", "choice", "deny",
        "Whether local engines may run commands (tests, builds) in their private worktree: deny, "
        "or allow, which the fence alone holds then.",
        choices=("deny", "allow"), trusted=True),
    Key("fallback.fence", "choice", "auto",
        "The kernel's fence around local engines: auto where there is one, require (without it "
        "they do not start), or off.",
        choices=("auto", "require", "off"), trusted=True),
    Key("fallback.on", "list", ("plan", "rate", "overloaded", "credit"),
        "What the fallback answers to. plan is session, weekly, model and usage.",
        choices=FALLBACK_ON, trusted=True),
    Key("fallback.on-limit", "choice", "local",
        "At a limit: go on locally, wait for the reset, ask, or stop. --wait is wait.",
        flag="--wait", choices=("local", "wait", "ask", "stop")),
    Key("fallback.where", "choice", "worktree",
        "Where a local engine works: a private worktree, or your tree itself.",
        trusted=True, choices=("worktree", "tree")),
    Key("fallback.on-suspect", "choice", "ask",
        "Suspicious edits (a file cut short, conflict markers): ask, keep or drop them.",
        choices=("ask", "keep", "drop"), trusted=True, flag="--on-suspect"),
    Key("fallback.verify", "command", None,
        "A command that checks what a local engine made, before it lands. It runs the new code, "
        "with your rights.",
        nullable=True, trusted=True),
    Key("fallback.verify-timeout", "duration", 600.0,
        "A check that takes longer has failed. 0 is no limit.", trusted=True),
    Key("fallback.auto-commit", "bool", False, "Commit what a local engine made.", trusted=True),
    Key("brief.steps", "choice", "auto",
        "Steps that Claude left open: all in one message, or one by one (auto: below 10B).",
        choices=("auto", "all", "one-by-one")),
    Key("handover.resume", "bool", False,
        "An engine that can (claude-local) goes on with the very session of Claude's that met the "
        "limit, in a copy, where its history fits the model's context."),
    Key("handover.to-claude", "choice", "note",
        "Tell Claude, once, what a local engine did meanwhile.", choices=("note", "none")),
    Key("context.files", "list", None,
        "Files that a local engine reads first. Not set: the project's memory (CLAUDE.md, "
        "AGENTS.md, rules, your own, README.md). Outside the project they need trust.",
        nullable=True, guard=_outside),
    Key("context.budget", "int", 0,
        "Tokens that memory and these files may take. 0 follows the model's context."),
    Key("memory.to-claude", "bool", True,
        "Whether Claude too is given the notes of ai-code remember."),
    Key("memory.import-from", "list", (),
        "Folders outside the project that @imports of CLAUDE.md may lead to (absolute, or ~/…).",
        trusted=True),
    Key("aider.command", "command", ("aider",), "How aider is started.", trusted=True),
    Key("aider.args", "list", (), "Further arguments for aider.", trusted=True),
    Key("aider.edit-format", "choice", "auto",
        "The form in which the model writes edits for aider. auto: what its exams say, else the "
        "catalogue.",
        choices=("auto", "diff", "whole", "udiff")),
    Key("engines.command", "commands", {},
        "How other engines are started: a list of arguments for each name.",
        engines="local", trusted=True),
    Key("engines.args", "commands", {},
        "Further arguments for other engines: a list for each name.",
        engines="local", trusted=True),
    Key("engines.for.edit", "name", None,
        "The engine for runs. Not set: engine. An engine that is set closer to the command line "
        "(--engine, AI_CODE_ENGINE) wins; so with every kind of task.",
        nullable=True, engines="any", trusted=True),
    Key("engines.for.ask", "name", None, "The engine for ai-code ask. Not set: engine.",
        nullable=True, engines="any", trusted=True),
    Key("engines.for.plan", "name", None, "The engine for ai-code plan. Not set: engine.",
        nullable=True, engines="any", trusted=True),
    Key("custom.command", "command", None,
        "The engine custom: a program with its arguments, in which {prompt_file}, {model}, "
        "{ollama_url} and {context} are replaced, and {files} becomes one argument for each file.",
        nullable=True, trusted=True),
    Key("ollama.api", "url", DEFAULT_API,
        "Ollama's address, in all spellings of OLLAMA_HOST; OLLAMA_HOST itself counts too.",
        trusted=True, flag="--api"),
    Key("ollama.hosts", "urls", (),
        "Further addresses, in this order, for when ollama.api does not answer or has no model "
        "that will do.",
        trusted=True),
    Key("ollama.headers", "mapping", {},
        "HTTP headers for an Ollama behind a reverse proxy. Never printed. Of ollama.hosts only "
        "those with the scheme, host and port of ollama.api get them.",
        trusted=True, secret=True),
    Key("ollama.ca-file", "path", None,
        "Certificates (PEM) that https addresses are checked against. Not set: the system's.",
        nullable=True, trusted=True),
    Key("ollama.num-ctx", "int", 0, "Context in tokens. 0 is what fits into memory.",
        flag="--num-ctx"),
    Key("ollama.keep-alive", "text", None,
        "How long Ollama keeps the model loaded (5m, -1 for ever). Not set: Ollama's own.",
        nullable=True, flag="--keep-alive"),
    Key("ollama.kv-cache-type", "choice", "f16",
        "What OLLAMA_KV_CACHE_TYPE of your server is: it decides how much memory a context takes.",
        choices=("f16", "q8_0", "q4_0")),
    Key("ollama.num-parallel", "int", 1,
        "What OLLAMA_NUM_PARALLEL of your server is: so many contexts are held at once."),
    Key("models.variants", "choice", "auto",
        "For engines that cannot tell Ollama their context: auto makes a variant of the model "
        "with it (ai-code/NAME, which shares the weights), never leaves it to the server.",
        choices=("auto", "never")),
    Key("models.exclude-countries", "countries", (),
        "Models of makers from these countries (CN, US, …) are never chosen, pulled or run.",
        trusted=True),
    Key("models.exclude-makers", "list", (), "Models of these makers are never used.",
        trusted=True),
    Key("models.allow", "list", (),
        "Where set, only models whose names match one of these patterns are used.",
        trusted=True),
    Key("models.deny", "list", (), "Models whose names match one of these are never used.",
        trusted=True),
    Key("models.chain", "list", (),
        "Models to try in this order when one does not fit into memory. Empty: the next lighter "
        "one that is installed and allowed."),
    Key("models.allow-cpu-offload", "bool", True,
        "Whether a model may lie partly on the CPU where there is a GPU. No: a smaller context, "
        "then a lighter model, is tried."),
    Key("models.roles.edit", "name", None,
        "The model for runs. Not set: model. A model that is set closer to the command line "
        "(--model, AI_CODE_MODEL) wins; so with every role.",
        nullable=True),
    Key("models.roles.ask", "name", None, "The model for questions. Not set: model.",
        nullable=True),
    Key("models.roles.draft", "name", None, "The model for drafts. Not set: model.",
        nullable=True),
    Key("models.roles.review", "name", None, "The model for reviews. Not set: model.",
        nullable=True),
    Key("notify", "notify", "off",
        "Tell you at the switch to the local model and when a limit resets: off, desktop, or a "
        "command as a list of arguments, which gets a title and a text as its last two.",
        trusted=True),
    Key("journal.keep-answers", "bool", False, "Keep the text of answers in the journal.",
        trusted=True),
    Key("journal.keep-days", "int", 90, "Days that records are kept. 0 is for ever.",
        trusted=True),
    Key("journal.keep-runs", "int", 0,
        "Runs whose records are kept, the newest; looked at once a day. 0 is all of those days.",
        trusted=True),
)  # fmt: skip

KEYS: Mapping[str, Key] = {key.name: key for key in _TABLE}
"""All settings by name, in the order in which they are shown."""

GROUP_NAMES = frozenset(name[:end] for name in KEYS for end, char in enumerate(name) if char == ".")
"""What stands before a dot in a key (``models``, ``models.roles``): in a file it may be a
mapping."""
