"""Which model a check chooses: policy, auto, chain, what was measured, several hosts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.core.machine import Gpu
from ai_code.core.memory import GIB, need_bytes
from ai_code.core.model_notes import ExamResult, MeasuredNeed
from ai_code.core.policy import Policy
from ai_code.core.ports import LoadedModel, Machine, ModelServerError, ServedModel
from ai_code.core.recommend import Wishes, recommend
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.drill.models import CODELLAMA, DEEPSEEK_CODER, GPT_OSS, QWEN_CODER, FakeModel
from ai_code.flows.readiness import Ready, ask_local, check_local, hosts
from ai_code.flows.wanted import Known, Wanted
from ai_code.system.catalogue_files import load_catalogue
from ai_code.system.model_notes import FileModelNotes
from tests.flows.fake_world import FakeServer, FakeWorld
from tests.flows.test_readiness import BIG, Hardware, Server, machine

CATALOGUE = load_catalogue(Path("/nowhere/models.yaml"))
NO_CHINA = Policy(exclude_countries=("CN",))
GUIDE = (DEEPSEEK_CODER, QWEN_CODER, CODELLAMA)


@pytest.fixture
def notes(tmp_path: Path) -> FileModelNotes:
    return FileModelNotes(tmp_path / "models.json")


class Digests(Server):
    """Tells digests too."""

    def models(self) -> list[ServedModel]:
        return [ServedModel(each.tag, each.size, each.digest) for each in self.installed]


def check(
    server: Server, wanted: Wanted, has: Machine = BIG, notes: FileModelNotes | None = None
) -> Ready | Unavailable:
    return check_local(server, Hardware(has), wanted, Known(CATALOGUE, notes))


def ready(
    server: Server, wanted: Wanted, has: Machine = BIG, notes: FileModelNotes | None = None
) -> Ready:
    answer = check(server, wanted, has, notes)
    assert isinstance(answer, Ready), answer
    return answer


def refused(server: Server, wanted: Wanted, has: Machine = BIG) -> Unavailable:
    answer = check(server, wanted, has)
    assert isinstance(answer, Unavailable), answer
    return answer


AUTO = Wanted("auto", 0, {}, None)


def first_of(policy: Policy, has: Machine = BIG) -> str:
    found, _ = recommend(CATALOGUE, has, Wishes(policy, allow_split=AUTO.allow_cpu_offload))
    return f"ai-code models pull {found[0].name}"


# Policy --------------------------------------------------------------------------------------


def test_auto_never_takes_what_a_rule_excludes() -> None:
    answer = ready(Server(GUIDE), replace(AUTO, policy=NO_CHINA))
    assert answer.local.name == "codellama:7b"


def test_a_named_model_is_refused_by_the_rules_name() -> None:
    answer = refused(Server(GUIDE), replace(AUTO, model="qwen2.5-coder:7b", policy=NO_CHINA))
    assert answer.reason is UnavailableReason.NO_MODEL
    assert answer.message == (
        "qwen2.5-coder:7b may not be used: models.exclude-countries has CN (Alibaba)"
    )
    assert answer.hint == "ai-code --model codellama:7b …"
    assert answer.evidence.rule == "models.policy"


def test_what_is_not_installed_is_refused_too_before_anybody_pulls_it() -> None:
    answer = refused(Server([]), replace(AUTO, model="deepseek-coder:33b", policy=NO_CHINA))
    assert "models.exclude-countries has CN (DeepSeek)" in answer.message
    assert answer.hint == first_of(NO_CHINA)


def test_where_all_are_excluded_the_rule_is_named() -> None:
    answer = refused(Server(GUIDE[:2]), replace(AUTO, policy=NO_CHINA))
    assert answer.message == (
        "no installed model may be used (deepseek-coder:6.7b: models.exclude-countries has CN "
        "(DeepSeek))"
    )
    assert answer.hint == first_of(NO_CHINA)


def test_a_model_under_another_name_is_known_by_its_file() -> None:
    mine = replace(QWEN_CODER, name="my-model:7b")
    assert ready(Server([mine]), AUTO).local.name == "my-model:7b"
    answer = refused(Server([mine]), replace(AUTO, model="my-model:7b", policy=NO_CHINA))
    assert "models.exclude-countries has CN (Alibaba)" in answer.message
    assert isinstance(check(Server([mine]), replace(AUTO, policy=NO_CHINA)), Unavailable)


def test_a_chain_keeps_to_the_rules() -> None:
    wanted = replace(AUTO, model="codellama:7b", chain=("qwen2.5-coder:7b",), policy=NO_CHINA)
    assert refused(Server(GUIDE), wanted, machine(3)).reason is UnavailableReason.MEMORY


@pytest.mark.parametrize("policy", [Policy(), NO_CHINA, Policy(allow=("codellama*",))])
def test_a_smaller_model_that_is_hinted_at_is_allowed_and_fits(policy: Policy) -> None:
    small = machine(5)
    got = refused(Server([CODELLAMA]), replace(AUTO, policy=policy), small).hint
    if policy.allow:
        assert got.startswith("ollama ps ")
        return
    assert got.endswith("   (a smaller model; or close other programs)")
    name = got.split()[3]
    entry = CATALOGUE.entry(name)
    assert got.startswith("ai-code models pull ") and entry is not None
    assert not policy.refusal(name, entry.maker)
    assert need_bytes(entry.quantisations[0].size, entry.shape, 4096) <= small.free


# auto ----------------------------------------------------------------------------------------


def test_the_best_that_fits_and_why() -> None:
    answer = ready(Server(GUIDE), AUTO)
    assert answer.local.name == "qwen2.5-coder:7b"
    assert answer.notes == ()
    (why,) = answer.details
    assert why.startswith("auto: qwen2.5-coder:7b (rank 60); behind it: deepseek-coder:6.7b (rank")


def test_one_that_does_not_fit_now_is_left_out() -> None:
    big = replace(QWEN_CODER, size=90 * GIB)
    answer = ready(Server([big, DEEPSEEK_CODER]), AUTO)
    assert answer.local.name == "deepseek-coder:6.7b"
    assert answer.details[0].startswith("qwen2.5-coder:7b needs about 90.")


def test_a_context_too_small_for_an_edit_counts_less_than_a_better_model() -> None:
    """The better one would fit with 4096 tokens only."""
    better = replace(DEEPSEEK_CODER, name="qwen2.5-coder:7b")
    small = replace(QWEN_CODER, name="codellama:7b", size=2 * GIB)
    room = machine(6.9)
    assert ready(Server([better]), AUTO, room).local.num_ctx < 8192
    assert ready(Server([better, small]), AUTO, room).local.name == "codellama:7b"


def test_an_exam_counts(notes: FileModelNotes) -> None:
    notes.remember_exam(ExamResult(CODELLAMA.digest, "c", "diff", 4, 4, 4, 9.0, 9.0, 1))
    assert ready(Digests(GUIDE), AUTO, notes=notes).local.name == "codellama:7b"


def test_a_role_is_asked_for_what_it_is_for() -> None:
    answer = ready(Server([DEEPSEEK_CODER, QWEN_CODER]), replace(AUTO, role="ask"))
    assert answer.local.name == "qwen2.5-coder:7b"


# Need ----------------------------------------------------------------------------------------


def test_a_measured_need_wins_over_the_formula(notes: FileModelNotes) -> None:
    wanted = replace(AUTO, model="codellama:7b", num_ctx=8192)
    room = machine(10)
    assert ready(Digests([CODELLAMA]), wanted, room, notes).local.num_ctx == 8192
    notes.remember_need(MeasuredNeed(CODELLAMA.digest, 8192, "f16", 20 * GIB, 0, 1))
    assert ready(Digests([CODELLAMA]), wanted, room, notes).local.num_ctx == 6144
    # Another type of the cache was not measured.
    other = replace(wanted, kv_type="q8_0")
    assert ready(Digests([CODELLAMA]), other, room, notes).local.num_ctx == 8192


def test_the_caches_type_and_parallel_requests_count() -> None:
    def context(**changes: object) -> int:
        return ready(Server([CODELLAMA]), replace(AUTO, **changes), machine(9)).local.num_ctx  # type: ignore[arg-type]

    assert context(kv_type="q4_0") > context() > context(parallel=2)


# Chain ---------------------------------------------------------------------------------------


def test_a_named_model_without_room_gives_way_to_the_next_lighter_one() -> None:
    wanted = replace(AUTO, model="gpt-oss:20b")
    answer = ready(Server([GPT_OSS, *GUIDE]), wanted, machine(10))
    assert answer.local.name == "qwen2.5-coder:7b"
    assert answer.notes == (
        "gpt-oss:20b needs about 13.3 GiB of memory and 9.5 GiB can be had: "
        "qwen2.5-coder:7b instead",
    )


def test_a_chain_is_tried_in_its_order() -> None:
    wanted = replace(AUTO, model="gpt-oss:20b", chain=("gone:1b", "codellama:7b"))
    assert ready(Server([GPT_OSS, *GUIDE]), wanted, machine(10)).local.name == "codellama:7b"


def test_when_nothing_fits_the_first_is_named() -> None:
    answer = refused(Server([GPT_OSS, *GUIDE]), replace(AUTO, model="gpt-oss:20b"), machine(3))
    assert answer.message.startswith("gpt-oss:20b needs about")
    assert answer.message.endswith("; nor does any of 3 lighter ones")


def test_what_failed_is_tried_once_more_with_half_its_context_and_never_again() -> None:
    seen: list[tuple[str, int]] = []
    while True:
        answer = check(Server(GUIDE), replace(AUTO, failed=tuple(seen)))
        if isinstance(answer, Unavailable):
            break
        seen.append((answer.local.name, answer.local.num_ctx))
        assert len(seen) < 20
    assert len(set(seen)) == len(seen)
    assert seen[:2] == [("qwen2.5-coder:7b", 16384), ("qwen2.5-coder:7b", 8192)]
    assert {name for name, _ in seen} == {each.name for each in GUIDE}
    assert answer.reason is UnavailableReason.MEMORY


def test_nothing_heavier_is_tried_after_a_failure() -> None:
    failed = (("codellama:7b", 16384), ("codellama:7b", 8192))
    heavy = [CODELLAMA, QWEN_CODER]
    assert refused(Server(heavy), replace(AUTO, failed=failed)).message.startswith("codellama:7b")


CARD = Machine(64 * GIB, 48 * GIB, (Gpu("card", "nvidia", 8 * GIB, 8 * GIB),))


def test_without_cpu_offload_only_the_gpus_memory_counts() -> None:
    wanted = replace(AUTO, model="gpt-oss:20b")
    assert ready(Server([GPT_OSS]), wanted, CARD).local.name == "gpt-oss:20b"
    wanted = replace(wanted, allow_cpu_offload=False)
    assert isinstance(check(Server([GPT_OSS]), wanted, CARD), Unavailable)
    assert ready(Server([GPT_OSS, QWEN_CODER]), wanted, CARD).local.name == "qwen2.5-coder:7b"
    # Without a GPU there is nothing to lie beside.
    assert ready(Server([GPT_OSS]), wanted, BIG).local.name == "gpt-oss:20b"


def test_a_loaded_model_that_is_partly_on_the_cpu_is_no_good_then() -> None:
    running = LoadedModel("qwen2.5-coder:7b", 6 * GIB, 3 * GIB, 16384)
    server = Server([QWEN_CODER], running=[running])
    assert ready(server, AUTO, CARD).loaded
    answer = ready(server, replace(AUTO, allow_cpu_offload=False), CARD)
    assert (answer.loaded, answer.local.num_ctx) == (False, 8192)


# Several hosts -------------------------------------------------------------------------------

DEAD = ModelServerError("refused", "Connection refused")


def several(world: FakeWorld, **servers: FakeServer) -> None:
    world.set(
        ollama_api="http://one:11434",
        ollama_hosts=("http://two:11434", "http://three:11434"),
        ollama_headers={"X-Key": "secret-of-one"},
    )
    for name in ("one", "two", "three"):
        world.servers[f"http://{name}:11434"] = servers.get(name, FakeServer())


def test_the_first_host_that_is_ready_in_order_and_it_is_told(world: FakeWorld) -> None:
    several(world, one=FakeServer(error=DEAD), two=FakeServer(served=[]))
    answer = ask_local(world, world.settings)
    assert isinstance(answer, Ready)
    assert answer.local.base_url == "http://three:11434"
    assert answer.notes[0] == (
        "Ollama is not running at http://one:11434 (Connection refused):\nusing "
        "http://three:11434 instead (ollama.hosts)."
    )


def test_a_key_goes_only_where_it_belongs(world: FakeWorld) -> None:
    several(world, one=FakeServer(error=DEAD))
    answer = ask_local(world, world.settings)
    assert isinstance(answer, Ready)
    assert dict(answer.local.headers) == {}
    assert dict(world.servers["http://one:11434"].headers) == {"X-Key": "secret-of-one"}
    assert dict(world.servers["http://two:11434"].headers) == {}


def test_the_same_server_below_another_path_gets_the_headers(world: FakeWorld) -> None:
    world.set(
        ollama_api="https://box/a",
        ollama_hosts=("https://box/b", "http://box/b", "https://box:8443/b", "https://box/a"),
        ollama_headers={"X-Key": "k"},
    )
    told = [(url, bool(headers)) for url, headers in hosts(world.settings)]
    assert told == [
        ("https://box/a", True),
        ("https://box/b", True),
        ("http://box/b", False),
        ("https://box:8443/b", False),
    ]


def test_where_none_is_ready_all_are_named(world: FakeWorld) -> None:
    several(world, **{n: FakeServer(error=DEAD) for n in ("one", "two", "three")})
    answer = ask_local(world, world.settings)
    assert isinstance(answer, Unavailable)
    assert answer.message.startswith("Ollama is not running at http://one:11434")
    assert answer.message.endswith("nor is a model ready at http://two:11434, http://three:11434")


def test_certificates_reach_the_engine_only_for_https(world: FakeWorld) -> None:
    world.ca_bundle = Path("/etc/bundle.pem")
    world.set(ollama_api="https://box")
    answer = ask_local(world, world.settings)
    assert isinstance(answer, Ready) and answer.local.ca_file == "/etc/bundle.pem"
    assert world.server.ca_file == ""
    world.set(ollama_ca_file="~/ca.pem")
    answer = ask_local(world, world.settings)
    home = world.environ["HOME"]
    assert isinstance(answer, Ready) and answer.local.ca_file == f"{home}/ca.pem"
    assert world.server.ca_file == f"{home}/ca.pem"
    world.set(ollama_api="http://box")
    answer = ask_local(world, world.settings)
    assert isinstance(answer, Ready) and answer.local.ca_file == ""


def test_a_role_of_its_own(world: FakeWorld) -> None:
    world.server.served = [ServedModel("a:1b", GIB), ServedModel("b:1b", GIB)]
    world.set(model="a:1b", models_roles_review="b:1b")
    chosen = [ask_local(world, world.settings, role=role) for role in ("edit", "review")]
    assert [each.local.name for each in chosen if isinstance(each, Ready)] == ["a:1b", "b:1b"]


def test_a_model_no_larger_than_its_own_context() -> None:
    tiny = FakeModel("tiny:1b", context=2048)
    assert ready(Server([tiny]), AUTO).local.num_ctx == 2048
    failed = replace(AUTO, failed=(("tiny:1b", 2048),))
    assert refused(Server([tiny]), failed).reason is UnavailableReason.MEMORY


def test_one_model_and_no_other_whatever_the_settings_say(world: FakeWorld) -> None:
    world.server.served = [ServedModel("big:1b", 90 * GIB), ServedModel("codellama:7b", GIB)]
    world.set(models_roles_edit="codellama:7b", models_chain=("codellama:7b",))
    answer = ask_local(world, world.settings, exactly="big:1b")
    assert isinstance(answer, Unavailable) and answer.message.startswith("big:1b needs about")
    world.hardware.machine = BIG
    world.server.served = [ServedModel("big:1b", GIB), ServedModel("codellama:7b", GIB)]
    answer = ask_local(world, world.settings, exactly="big:1b")
    assert isinstance(answer, Ready) and answer.local.name == "big:1b"
