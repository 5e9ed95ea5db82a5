"""Every answer to "is the local model ready?", with a fake server and a fake machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ai_code.core.machine import Gpu
from ai_code.core.memory import GIB
from ai_code.core.ports import LoadedModel, Machine, ModelServerError, ServedModel
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.drill.models import CODELLAMA, DEEPSEEK_CODER, GPT_OSS, QWEN_CODER, FakeModel
from ai_code.flows.readiness import Ready, check_local
from ai_code.flows.wanted import Wanted

BIG = Machine(ram_total=64 * GIB, ram_available=48 * GIB)
LOCAL = "http://127.0.0.1:11434"


@dataclass
class Server:
    """Serves ``installed``; ``fails`` is raised by every call whose name is in ``fails_at``."""

    installed: Sequence[FakeModel] = (DEEPSEEK_CODER,)
    running: Sequence[LoadedModel] = ()
    fails: ModelServerError | None = None
    fails_at: tuple[str, ...] = ("models", "show", "loaded")
    base_url: str = LOCAL
    calls: list[str] = field(default_factory=list)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.fails and name in self.fails_at:
            raise self.fails

    def version(self) -> str:
        raise AssertionError("nobody needs the version")

    def preload(self, name: str, num_ctx: int, keep_alive: str | None) -> None:
        raise AssertionError("nothing is loaded by a check")

    def models(self) -> Sequence[ServedModel]:
        self._called("models")
        return [ServedModel(model.tag, model.size) for model in self.installed]

    def loaded(self) -> Sequence[LoadedModel]:
        self._called("loaded")
        return self.running

    def show(self, name: str) -> Mapping[str, Any]:
        self._called("show")
        return next(model.show() for model in self.installed if model.tag == name)


@dataclass
class Hardware:
    machine: Machine | None

    def memory(self) -> Machine:
        assert self.machine is not None, "nobody may ask for this machine's memory"
        return self.machine


def wanted(model: str = "auto", num_ctx: int = 0) -> Wanted:
    return Wanted(model, num_ctx, {"X-Key": "k"}, "10m")


def check(
    server: Server, asked: Wanted | None = None, machine: Machine | None = BIG
) -> Ready | Unavailable:
    return check_local(server, Hardware(machine), asked or wanted())


def ready(server: Server, asked: Wanted | None = None, machine: Machine | None = BIG) -> Ready:
    answer = check(server, asked, machine)
    assert isinstance(answer, Ready)
    return answer


def refused(
    server: Server, asked: Wanted | None = None, machine: Machine | None = BIG
) -> Unavailable:
    answer = check(server, asked, machine)
    assert isinstance(answer, Unavailable)
    return answer


def test_ready() -> None:
    answer = ready(Server())
    local = answer.local
    assert (local.name, local.base_url, local.num_ctx) == ("deepseek-coder:6.7b", LOCAL, 16384)
    assert (dict(local.headers), local.keep_alive) == ({"X-Key": "k"}, "10m")
    assert (answer.notes, answer.loaded) == ((), False)


# The server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words", "hint"),
    [
        (ModelServerError("refused", "Connection refused"), "is not running at", "ollama serve"),
        (ModelServerError("timeout", "no answer"), "does not answer in time", "start Ollama anew"),
        (ModelServerError("garbage", "no JSON"), "is not Ollama", "--api"),
    ],
)
@pytest.mark.parametrize("at", ["models", "show", "loaded"])
def test_no_server(error: ModelServerError, words: str, hint: str, at: str) -> None:
    if (error.kind, at) == ("timeout", "loaded"):
        # The models are known by then, and aider never asks this.
        assert not ready(Server(fails=error, fails_at=(at,))).loaded
        return
    answer = refused(Server(fails=error, fails_at=(at,)))
    assert answer.reason is UnavailableReason.SERVER
    assert words in answer.message
    assert LOCAL in answer.message
    assert hint in answer.hint


@pytest.mark.parametrize(("status", "told"), [(401, "unauthorized"), (502, "Bad Gateway")])
def test_a_server_that_refuses(status: int, told: str) -> None:
    answer = refused(Server(fails=ModelServerError("http", told, status)))
    assert f"{LOCAL} answered HTTP {status}: {told}" in answer.message
    assert "config show" in answer.hint


@pytest.mark.parametrize("at", ["show", "loaded"])
def test_a_proxy_that_lets_only_some_calls_through(at: str) -> None:
    error = ModelServerError("http", "404 page not found", 404)
    assert ready(Server(fails=error, fails_at=(at,))).local.num_ctx == 16384


def test_a_server_elsewhere_is_not_started_here() -> None:
    error = ModelServerError("refused", "Connection refused")
    answer = refused(Server(fails=error, base_url="http://gpu.lan:11434"))
    assert answer.hint == "curl http://gpu.lan:11434/api/version"


# The model -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("installed", "model", "words", "hint"),
    [
        ([], "auto", "no model installed", "ai-code models recommend --all"),
        ([], "mistral:7b", "mistral:7b is not installed", "ai-code models pull mistral:7b"),
        (
            ["a:1b", "b:1b"],
            "auto",
            "none of the installed models is chosen by itself (a:1b, b:1b)",
            "--model a:1b",
        ),
        (["a:1b"], "b:1b", "b:1b is not installed in Ollama (installed: a:1b)", "pull b:1b"),
        (
            ["nomic-embed-text"],
            "auto",
            "that can edit (nomic-embed-text:latest)",
            "models recommend",
        ),
    ],
)
def test_no_model(installed: list[str], model: str, words: str, hint: str) -> None:
    answer = refused(Server([FakeModel(name) for name in installed]), wanted(model))
    assert answer.reason is UnavailableReason.NO_MODEL
    assert words in answer.message
    assert hint in answer.hint


def test_many_models_are_not_all_named() -> None:
    installed = [FakeModel(f"m{number}:1b") for number in range(30)]
    assert "m6" not in refused(Server(installed)).message


@pytest.mark.parametrize(
    ("installed", "model", "chosen"),
    [
        (["codellama:7b", "qwen2.5-coder:7b"], "auto", "qwen2.5-coder:7b"),
        (["codellama:7b", "qwen2.5-coder:7b"], "codellama:7b", "codellama:7b"),
        (["qwen2.5-coder:7b-instruct-q4_K_M"], "qwen2.5-coder:7b", None),
        (["mistral"], "mistral", "mistral:latest"),
        (["mistral:latest"], "mistral", "mistral:latest"),
        (["only:1b"], "auto", "only:1b"),
    ],
)
def test_the_installed_name_is_used(installed: list[str], model: str, chosen: str | None) -> None:
    answer = ready(Server([FakeModel(name) for name in installed]), wanted(model))
    assert answer.local.name == (chosen or installed[0])


# Memory --------------------------------------------------------------------------------------


def machine(gib: float, vram: float = 0.0) -> Machine:
    card = Gpu("card", "nvidia", int(vram * GIB), int(vram * GIB))
    return Machine(64 * GIB, int(gib * GIB), (card,) if vram else ())


def test_too_little_memory() -> None:
    answer = refused(Server(), machine=machine(3.0))
    assert answer.reason is UnavailableReason.MEMORY
    assert "deepseek-coder:6.7b needs about 6.0 GiB of memory and 2.5 GiB can be had" in (
        answer.message
    )
    assert "close other programs" in answer.hint


def test_the_context_shrinks_with_the_memory() -> None:
    contexts = [ready(Server(), machine=machine(gib)).local.num_ctx for gib in (7, 9, 11, 13)]
    assert contexts == sorted(contexts)
    assert contexts[0] < contexts[-1] == 16384


def test_memory_of_the_gpu_counts() -> None:
    assert isinstance(check(Server(), machine=machine(3.0, vram=8.0)), Ready)


def test_a_model_without_a_shape_is_estimated() -> None:
    bare = FakeModel("deepseek-coder:6.7b", layers=0)
    assert ready(Server([bare])).local.num_ctx == 16384
    assert isinstance(check(Server([bare]), machine=machine(3.0)), Unavailable)


def test_a_context_that_was_asked_for() -> None:
    assert ready(Server([QWEN_CODER]), wanted(num_ctx=32000)).local.num_ctx == 32000
    assert ready(Server([CODELLAMA]), wanted(num_ctx=4096), machine(6.6)).notes == ()
    # A smaller one is taken where it does not fit, and that is said.
    answer = ready(Server([CODELLAMA]), wanted(num_ctx=16384), machine(6.6))
    assert answer.local.num_ctx == 4096
    assert answer.notes == ("A context of 16384 tokens does not fit: 4096.",)
    assert "NUM_CTX=0" in refused(Server([CODELLAMA]), wanted(num_ctx=16384), machine(5)).hint


def test_what_other_models_hold_can_be_given_back() -> None:
    other = LoadedModel("gpt-oss:20b", GPT_OSS.size, 0, 4096)
    server = Server([DEEPSEEK_CODER, GPT_OSS], running=[other])
    assert isinstance(check(server, machine=machine(1.0)), Ready)


# Already loaded ------------------------------------------------------------------------------


def running(context: int, vram: float = 0.0, name: str = DEEPSEEK_CODER.name) -> LoadedModel:
    return LoadedModel(name, 10 * GIB, int(10 * GIB * vram), context)


@pytest.mark.parametrize("name", ["deepseek-coder:6.7b", "mistral"])
def test_a_loaded_model_keeps_its_context(name: str) -> None:
    """Nobody asks for memory: it is taken already."""
    server = Server([FakeModel(name)], running=[running(8192, name=name)])
    answer = ready(server, machine=None)
    assert (answer.local.num_ctx, answer.loaded, answer.notes) == (8192, True, ())


@pytest.mark.parametrize("context", [0, 2048])
def test_a_loaded_context_that_is_too_small_is_not_kept(context: int) -> None:
    answer = ready(Server(running=[running(context)]))
    assert (answer.local.num_ctx, answer.loaded) == (16384, False)


def test_an_asked_context_loads_it_anew() -> None:
    answer = ready(Server(running=[running(8192)]), wanted(num_ctx=6000))
    assert (answer.local.num_ctx, answer.loaded) == (6000, False)


def test_the_asked_context_is_loaded_already() -> None:
    answer = ready(Server(running=[running(6000)]), wanted(num_ctx=6000), machine=None)
    assert (answer.local.num_ctx, answer.loaded) == (6000, True)


@pytest.mark.parametrize(("vram", "told"), [(0.0, False), (0.5, True), (1.0, False)])
def test_partly_on_the_gpu_is_told(vram: float, told: bool) -> None:
    notes = ready(Server(running=[running(8192, vram)])).notes
    assert bool(notes) is told
    if told:
        assert "50 % on the GPU" in notes[0]


# A server elsewhere --------------------------------------------------------------------------


@pytest.mark.parametrize("num_ctx", [0, 8000])
def test_the_memory_of_another_machine_is_not_known(num_ctx: int) -> None:
    server = Server([GPT_OSS], base_url="https://gpu.example.invalid/ollama")
    answer = ready(server, wanted("gpt-oss:20b", num_ctx), machine=None)
    assert answer.local.num_ctx == (num_ctx or 16384)


def test_elsewhere_never_more_than_the_model_was_trained_for() -> None:
    server = Server([FakeModel("small:1b", context=4096)], base_url="http://10.0.0.2:11434")
    assert ready(server, machine=None).local.num_ctx == 4096


def test_a_model_that_ollama_serves_from_elsewhere() -> None:
    """It takes no memory here, but the prompt leaves the machine: that is told."""
    server = Server([FakeModel("gpt-oss:120b-cloud")])
    assert refused(server).reason is UnavailableReason.NO_MODEL
    answer = ready(server, wanted("gpt-oss:120b-cloud"), machine=None)
    assert "leave this machine" in answer.notes[0]


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:11434", "127.1.2.3"])
def test_this_machine_in_its_spellings(host: str) -> None:
    assert isinstance(check(Server(base_url=f"http://{host}"), machine=machine(3)), Unavailable)


# Loaded early ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "machine", "beside"),
    [
        (Server(), BIG, True),
        (Server(running=[LoadedModel("other:7b", 5 * GIB, 5 * GIB, 4096)]), BIG, False),
        (Server(running=[LoadedModel("other:7b", 5 * GIB, 0, 4096)]), BIG, True),
        (Server(base_url="http://box:11434"), None, True),
        (
            Server(base_url="http://box:11434", running=[LoadedModel("other:7b", 1, 0, 4096)]),
            None,
            False,
        ),
        (
            Server(fails=ModelServerError("http", "no page", 404), fails_at=("loaded",)),
            BIG,
            False,
        ),
        # Somebody uses it with a context of their own, which ours would replace.
        (Server(running=[LoadedModel("deepseek-coder:6.7b", 5 * GIB, 1, 2048)]), BIG, False),
        (Server([FakeModel("gpt-oss:120b-cloud")]), None, False),
    ],
)
def test_whether_loading_it_takes_nothing_from_others(
    server: Server, machine: Machine | None, beside: bool
) -> None:
    name = server.installed[0].tag
    assert ready(server, wanted(name), machine).beside is beside
