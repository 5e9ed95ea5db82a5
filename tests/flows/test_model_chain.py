"""A model that does not fit after all, and what is remembered and told after a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_code.core.exits import EndedBy, Exit
from ai_code.core.memory import GIB
from ai_code.core.ports import LoadedModel, ModelServerError, ServedModel
from tests.flows.fake_world import FakeServer, FakeWorld

OOM = (
    "litellm.APIConnectionError: Ollama_chatException - "
    '{"error":"model requires more system memory (8.4 GiB) than is available (3.1 GiB)"}'
)
QWEN, LLAMA = ServedModel("qwen2.5-coder:7b", 5 * GIB, "q"), ServedModel("codellama:7b", GIB, "c")


def out_of_memory(world: FakeWorld) -> None:
    """aider as it ends when the model does not load."""
    text = f"Aider v0.86.2\n\n{OOM}\nRetrying in 0.2 seconds...\n"
    world.expect("aider", text.encode(), exit=Exit(143, ended_by=EndedBy.PERMANENT))


def attempts(world: FakeWorld) -> list[tuple[str, str, str]]:
    return [(each.model, each.verdict, each.reason) for each in world.record.attempts]


def test_a_smaller_context_then_a_lighter_model_each_said_once(world: FakeWorld) -> None:
    world.server.served = [QWEN, LLAMA]
    out_of_memory(world)
    out_of_memory(world)
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    told = [line for line in world.console.of("important") if "did not fit" in line]
    assert told == [
        "qwen2.5-coder:7b with 16384 tokens did not fit into memory: now with 8192 tokens.",
        "qwen2.5-coder:7b with 8192 tokens did not fit into memory: codellama:7b is tried instead.",
    ]
    assert attempts(world) == [
        ("qwen2.5-coder:7b", "unavailable", "memory"),
        ("qwen2.5-coder:7b", "unavailable", "memory"),
        ("codellama:7b", "done", ""),
    ]


def test_it_ends_when_nothing_is_left(world: FakeWorld) -> None:
    out_of_memory(world)
    out_of_memory(world)
    outcome = world.go(local_only=True)
    assert outcome.code == 1
    assert "model requires more system memory" in outcome.text
    assert len(world.record.attempts) == 2


def test_other_failures_try_no_other_model(world: FakeWorld) -> None:
    world.server.served = [QWEN, LLAMA]
    world.expect_aider("", edits={})
    assert world.go(local_only=True).code == 1
    assert len(world.record.attempts) == 1


def test_a_failure_after_an_edit_tries_no_other_model(world: FakeWorld) -> None:
    text = f"Aider v0.86.2\n\n{OOM}\nRetrying in 0.2 seconds...\n"
    ended = Exit(143, ended_by=EndedBy.PERMANENT)
    world.expect("aider", text.encode(), exit=ended, edits={"hello.py": "x = 1\n"})
    assert world.go(local_only=True).code == 1
    assert len(world.record.attempts) == 1


@dataclass
class Loading(FakeServer):
    """Puts ``share`` of a model on the GPU; ``fails`` names models that never load."""

    shares: dict[tuple[str, int], float] = field(default_factory=dict)
    fails: tuple[str, ...] = ()
    meanwhile: Callable[[], None] = lambda: None

    def preload(self, name: str, num_ctx: int, keep_alive: str | None) -> None:
        self.preloaded.append((name, num_ctx, keep_alive))
        self.meanwhile()
        if name in self.fails:
            raise ModelServerError("http", "llama-server reported out-of-memory", 500)
        share = self.shares.get((name, num_ctx), 1.0)
        self.running = [LoadedModel(name, 6 * GIB, int(6 * GIB * share), num_ctx)]


def loading(world: FakeWorld, **options: object) -> Loading:
    world.server = Loading(served=[QWEN, LLAMA], **options)  # type: ignore[arg-type]
    world.set(models_allow_cpu_offload=False)
    return world.server


def test_partly_on_the_cpu_is_not_worked_with_where_that_is_not_allowed(world: FakeWorld) -> None:
    qwen = "qwen2.5-coder:7b"
    server = loading(world, shares={(qwen, 16384): 0.5, (qwen, 8192): 0.7})
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    loaded = [(name, context) for name, context, _ in server.preloaded]
    assert loaded[:2] == [(qwen, 16384), (qwen, 8192)]
    assert set(loaded[2:]) == {("codellama:7b", 16384)}
    told = [line for line in world.console.of("important") if "on the GPU" in line]
    assert told[0] == (
        f"{qwen} with 16384 tokens is only 50 % on the GPU (models.allow-cpu-offload): now with "
        "8192 tokens."
    )
    assert [each.model for each in world.record.attempts] == ["codellama:7b"]


def test_what_the_person_does_while_a_model_is_loaded_is_known(world: FakeWorld) -> None:
    def edit() -> None:
        world.clock.advance(60.0)
        (world.cwd / "meanwhile.txt").write_text("mine\n")

    loading(world, meanwhile=edit)
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    assert "meanwhile.txt" in world.message()


def test_where_every_model_is_partly_on_the_cpu_none_works(world: FakeWorld) -> None:
    names = ("qwen2.5-coder:7b", "codellama:7b")
    loading(world, shares={(name, n): 0.5 for name in names for n in (16384, 8192)})
    outcome = world.go(local_only=True)
    assert outcome.code == 1
    assert outcome.error is not None and outcome.error.hint
    assert "did not fit into memory" in outcome.text
    assert world.processes.commands == []


def test_a_load_that_fails_for_memory_is_seen_before_the_engine_starts(world: FakeWorld) -> None:
    loading(world, fails=("qwen2.5-coder:7b",))
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    assert [each.model for each in world.record.attempts] == ["codellama:7b"]


# After the run -------------------------------------------------------------------------------


def loaded(world: FakeWorld, context: int = 16384) -> None:
    world.server.served = [QWEN]
    world.server.running = [LoadedModel(QWEN.name, 7 * GIB, 7 * GIB, context)]


def test_what_a_model_took_is_remembered_and_recorded(world: FakeWorld) -> None:
    world.server.served = [QWEN]
    world.expect_aider(meanwhile=lambda: loaded(world))
    world.go(local_only=True)
    need = world.model_notes.need("q", 16384, "f16")
    assert need is not None and need.size == 7 * GIB
    (attempt,) = world.record.attempts
    assert (attempt.context, attempt.prompt_tokens) == (16384, 0)


def test_several_requests_at_once_say_nothing_of_one(world: FakeWorld) -> None:
    world.set(ollama_num_parallel=4)
    world.server.served = [QWEN]
    world.expect_aider(meanwhile=lambda: loaded(world))
    world.go(local_only=True)
    assert world.model_notes.need("q", 16384, "f16") is None


def test_a_context_smaller_than_asked_is_said_with_what_mends_it(world: FakeWorld) -> None:
    world.server.served = [QWEN]
    world.expect_aider(meanwhile=lambda: loaded(world, 1024))
    assert world.go(local_only=True).code == 0
    (told,) = [line for line in world.console.of("important") if "context" in line]
    assert told == (
        "qwen2.5-coder:7b has 1024 tokens of context, 16384 were asked for;\n"
        "the prompt (about 1200) was cut at its front.\n"
        "hint: OLLAMA_CONTEXT_LENGTH=16384 ollama serve"
    )


def test_a_server_that_is_gone_afterwards_is_no_failure(world: FakeWorld) -> None:
    def dies() -> None:
        world.server.__dict__["loaded"] = _refuses

    world.expect_aider(meanwhile=dies)
    assert world.go(local_only=True).code == 0
    assert world.record.attempts[0].context == 0


def _refuses() -> list[LoadedModel]:
    raise ModelServerError("refused", "Connection refused")
