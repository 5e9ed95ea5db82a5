"""Getting Ollama and starting it on Linux: Docker, another machine's, systemd, or by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from ai_code.drill.ollama import OllamaStandIn
from tests.e2e.world import SMALL, wait_for
from tests.setup.bare import Bare, Talk, free_port
from tests.setup.starting import served_when_started

SYSTEMCTL = """\
case "$*" in
  "cat ollama.service") exit {system} ;;
  "--user show "*) {bus} ;;
  "--user cat "*) test -e {units}/$3 ;;
  "--user enable "*|"--user start "*) {start} ;;
esac
"""


@pytest.fixture
def linux(bare: Bare) -> Bare:
    """Ollama is to listen on a port where nobody listens yet."""
    bare.env["OLLAMA_HOST"] = f"http://127.0.0.1:{free_port()}"
    return bare


def unit(bare: Bare) -> Path:
    return bare.home / ".config/systemd/user/ollama.service"


def systemd(bare: Bare, *, system: int = 1, bus: str = "echo Version=252", start: str = "") -> None:
    start = start or f"touch {bare.base}/started"
    bare.stub(
        "systemctl", SYSTEMCTL.format(system=system, bus=bus, units=unit(bare).parent, start=start)
    )


# What is said where there is none -----------------------------------------------------------------

BY_HAND = "curl -fsSL https://ollama.com/install.sh | sh && ai-code setup"


def test_what_setup_cannot_install_is_a_command_and_no_circle(linux: Bare) -> None:
    run = linux.setup("ollama", "service")
    assert run.code == 1
    told = run.stdout.partition("to mend:\n")[2].splitlines()
    assert told == [
        f"  {BY_HAND}", "    (Ollama's own installer: it asks for sudo)",
        "not there yet: ollama, service",
    ]  # fmt: skip
    assert linux.rows("service")["service"]["mend"] == ["ai-code setup ollama service"]
    rows = linux.rows("service", "ollama", "--skip", "ollama")
    assert rows["service"]["mend"] == ["ai-code setup ollama service"]


def test_what_docker_would_bring_is_setups_own_command(linux: Bare) -> None:
    docker(linux)
    assert linux.rows("ollama")["ollama"]["mend"] == ["ai-code setup ollama"]


# Docker ------------------------------------------------------------------------------------------

DOCKER = """\
case "$*" in
  info*) {info} ;;
  "container inspect"*) test -e {base}/container && cat {base}/container ;;
  "volume inspect"*) exit {volume} ;;
  run*) {run} ;;
  start*) touch {base}/started ;;
  rm*) rm -f {base}/container ;;
esac
"""


def docker(bare: Bare, info: str = "echo '{}'", run: str = "", volume: int = 1) -> None:
    run = run or f"echo running > {bare.base}/container; touch {bare.base}/started"
    bare.stub("docker", DOCKER.format(info=info, base=bare.base, run=run, volume=volume))


def test_docker_on_loopback_alone(linux: Bare) -> None:
    docker(linux)
    with served_when_started(linux):
        talk = Talk(linux.terminal("setup", "ollama", "service"))
        talk.answer("Which one?", "d")
        assert talk.end() == 0, talk.raw
        assert linux.kinds() == ["container"]
        assert linux.calls("docker run") == [
            "docker run -d --restart unless-stopped -v ollama:/root/.ollama "
            "-p 127.0.0.1:11434:11434 --name ollama ollama/ollama"
        ]
        assert set(linux.states("ollama", "service").values()) == {"ok"}
        talk = Talk(linux.terminal("setup", "--remove"))
        talk.answer("which runs Ollama", "")
        talk.answer("letters", "y")
        talk.answer("Remove it?", "y")
        assert talk.end() == 0, talk.raw
    assert "docker rm --force ollama" in linux.calls()
    assert linux.calls()[-1] == "docker volume rm ollama" and linux.log() == []


def test_a_volume_that_was_there_stays(linux: Bare) -> None:
    docker(linux, volume=0)
    with served_when_started(linux):
        assert linux.states("--yes", "ollama") == {"ollama": "done"}
        assert linux.setup("--remove", "--yes").code == 0
    assert not linux.calls("docker volume rm")


def test_the_gpu_where_docker_can(linux: Bare) -> None:
    docker(linux, info="""echo '{"nvidia":{},"runc":{}}'""")
    assert "--gpus=all" in linux.setup("ollama").stderr


def test_a_docker_that_does_not_answer_is_told(linux: Bare) -> None:
    docker(linux, info="echo 'permission denied while trying to connect' >&2; exit 1")
    run = linux.setup("--yes", "ollama")
    assert run.code == 1
    assert "does not answer: permission denied" in run.stderr and "[d]" not in run.stderr


def test_a_port_that_is_taken_leaves_no_container(linux: Bare) -> None:
    made = f"touch {linux.base}/container"
    docker(linux, run=f"{made}; echo 'Error: port is already allocated' >&2; exit 125")
    row = linux.rows("--yes", "ollama")["ollama"]
    assert row["state"] == "failed" and "port is already allocated" in row["told"]
    assert "docker rm ollama" in linux.calls() and linux.log() == []


def test_a_container_that_sleeps_is_started(linux: Bare) -> None:
    docker(linux)
    (linux.base / "container").write_text("exited\n")
    with served_when_started(linux):
        talk = Talk(linux.terminal("setup", "service"))
        talk.answer("Do it?", "y")
        assert talk.end() == 0, talk.raw
    assert linux.log() == [], "it was there before"


# Another machine's -------------------------------------------------------------------------------


def test_an_ollama_elsewhere_is_asked_and_kept(linux: Bare) -> None:
    with OllamaStandIn([SMALL]) as server:
        # What the variable says would count more than a choice.
        del linux.env["OLLAMA_HOST"]
        linux.settings("ollama.api: http://127.0.0.1:9\n")
        talk = Talk(linux.terminal("setup", "ollama", "service", "model"))
        for slip in ("", "上 野", "127.0.0.1:9"):
            talk.answer("Which one?", "r")
            talk.answer("Its address", slip)
        talk.answer("Which one?", "r")
        talk.answer("Its address", server.url)
        talk.answer("Use it from now on?", "y")
        assert talk.end() == 0, talk.raw
        assert "    no Ollama answers at http://127.0.0.1:9: Connection refused." in talk.lines
        shown = json.loads(linux.run("config", "show", "--json").stdout)
        assert server.url in json.dumps(shown)
        assert set(linux.states("ollama", "service", "model").values()) == {"ok"}
    assert linux.setup("--remove", "--yes").code == 0
    assert linux.log() == [] and server.url not in linux.run("config", "show").stdout


def test_the_same_by_an_option(linux: Bare) -> None:
    del linux.env["OLLAMA_HOST"]
    with OllamaStandIn([SMALL]) as server:
        assert linux.states("--yes", "--api", server.url, "ollama") == {"ollama": "done"}
    assert linux.kinds() == ["choice"]


@pytest.mark.parametrize("address", ["127.0.0.1:9", "user:secret@host", "ftp://host"])
def test_an_address_where_none_answers_is_not_kept(linux: Bare, address: str) -> None:
    run = linux.setup("--yes", "--api", address, "ollama")
    assert run.code == 1 and linux.log() == []
    assert "secret" not in run.stdout + run.stderr


def test_headers_are_sent_nowhere_before_a_yes(linux: Bare) -> None:
    del linux.env["OLLAMA_HOST"]
    linux.settings("ollama.headers: {Authorization: Bearer hush-hush}\n")
    with OllamaStandIn([SMALL], required_headers={"Authorization": "Bearer hush-hush"}) as server:
        talk = Talk(linux.terminal("setup", "--api", server.url, "ollama", "service"))
        talk.wait_for("would be sent to it")
        assert all("authorization" not in each.headers for each in server.requests)
        talk.answer("Use it from now on?", "y")
        assert talk.end() == 0, talk.raw
        assert any("authorization" in each.headers for each in server.requests)
    assert "hush" not in talk.raw + (linux.state / "setup.json").read_text()


def test_a_key_that_is_not_there(linux: Bare) -> None:
    with OllamaStandIn([SMALL], required_headers={"Authorization": "Bearer x"}) as server:
        row = linux.rows("--yes", "--api", server.url, "ollama")["ollama"]
    assert row["state"] == "failed" and "ollama.headers" in row["mend"][0]


def test_an_address_of_the_settings_is_no_matter_of_installing(linux: Bare) -> None:
    linux.env["OLLAMA_HOST"] = "http://10.255.255.1:9"
    linux.settings("ollama.api: http://host.invalid:11434\n")
    row = linux.rows("--yes", "ollama")["ollama"]
    assert row["state"] == "missing" and row["mend"] == ["ai-code config show --origin"]


# systemd -----------------------------------------------------------------------------------------


def test_a_unit_is_written_enabled_and_taken_back(linux: Bare) -> None:
    linux.stub("ollama")
    systemd(linux)
    with served_when_started(linux):
        run = linux.setup("--yes", "service")
        assert run.code == 0, run
        text = unit(linux).read_text()
        address = linux.env["OLLAMA_HOST"].removeprefix("http://")
        assert f"ExecStart={linux.bin}/ollama serve\n" in text
        assert f"OLLAMA_HOST={address}\n" in text and "OLLAMA_KEEP_ALIVE=5m\n" in text
        assert "@" not in text.replace("OLLAMA_", "") and "loginctl enable-linger" in run.stderr
        changing = [each for each in linux.calls("systemctl") if " show " not in each]
        first = changing.index("systemctl --user daemon-reload")
        assert changing[first + 1 : first + 3] == [
            "systemctl --user reset-failed ollama.service",
            "systemctl --user enable --now ollama.service",
        ]
        assert "systemctl --user enable ai-code-models.service" in changing
    run = linux.setup("--remove", "--yes")
    assert run.code == 0 and not unit(linux).exists() and not unit(linux).parent.exists()
    assert "systemctl --user disable --now ollama.service" in linux.calls()


def test_systemd_takes_the_unit(linux: Bare) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    linux.stub("ollama")
    systemd(linux, start="exit 1")
    linux.settings("ollama.keep-alive: 1h30m\nollama.num-ctx: 8192\n")
    linux.setup("--yes", "service")
    assert "KEEP_ALIVE=1h30m\n" in unit(linux).read_text()
    assert "CONTEXT_LENGTH=8192\n" in unit(linux).read_text()
    told = subprocess.run(
        [analyze, "verify", "--user", str(unit(linux))], capture_output=True, text=True,
        env=linux.env, check=False,
    )  # fmt: skip
    # Documentation on the machine's own units is no matter of ours.
    assert [line for line in told.stderr.splitlines() if "ollama" in line] == []


def test_a_unit_of_the_persons_is_started_and_never_written(linux: Bare) -> None:
    linux.stub("ollama")
    systemd(linux)
    unit(linux).parent.mkdir(parents=True)
    unit(linux).write_text("[Service]\nExecStart=/mine\n")
    with served_when_started(linux):
        assert linux.states("--yes", "service") == {"service": "done"}
    assert unit(linux).read_text() == "[Service]\nExecStart=/mine\n"
    assert [Path(row["name"]).name for row in linux.log()] == ["ai-code-models.service"]
    assert "systemctl --user start ollama.service" in linux.calls()


def test_a_unit_of_ours_is_brought_up_to_date(linux: Bare) -> None:
    linux.stub("ollama")
    systemd(linux, start="exit 1")
    assert linux.states("--yes", "service") == {"service": "failed"}
    linux.settings("ollama.keep-alive: 1h\n")
    systemd(linux)
    with served_when_started(linux):
        run = linux.setup("--yes", "service")
    assert "+Environment=OLLAMA_KEEP_ALIVE=1h" in run.stderr and run.code == 0, run
    assert "OLLAMA_KEEP_ALIVE=1h\n" in unit(linux).read_text()
    assert linux.kinds() == ["unit", "unit"]


def test_one_that_the_person_changed_stays_as_it_is(linux: Bare) -> None:
    linux.stub("ollama")
    systemd(linux)
    with served_when_started(linux):
        linux.setup("--yes", "service")
    changed = unit(linux).read_text() + "# mine\n"
    unit(linux).write_text(changed)
    (linux.base / "started").unlink()
    with served_when_started(linux):
        assert linux.states("--yes", "service") == {"service": "done"}
    assert unit(linux).read_text() == changed
    run = linux.setup("--remove", "--yes")
    assert "was changed since, and is yours" in run.stderr
    assert unit(linux).read_text() == changed and linux.log() == []


def test_a_start_that_fails_names_the_log(linux: Bare) -> None:
    linux.stub("ollama")
    systemd(linux, start="echo 'Job for ollama.service failed' >&2; exit 1")
    row = linux.rows("--yes", "service")["service"]
    assert row["state"] == "failed" and "Job for ollama.service failed" in row["told"]
    assert row["mend"] == ["journalctl --user -u ollama.service"]


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({"system": 0}, "sudo systemctl start ollama"),
        ({"bus": "echo 'Failed to connect to bus' >&2; exit 1"}, "ollama serve"),
        (None, "ollama serve"),
    ],
    ids=["of the system", "no bus", "no systemd"],
)
def test_what_we_do_not_start_is_said_and_looked_for(
    linux: Bare, options: dict[str, object] | None, command: str
) -> None:
    linux.stub("ollama")
    linux.stub("sudo")
    if options is not None:
        systemd(linux, **options)  # type: ignore[arg-type]
    assert linux.rows("--yes", "service")["service"]["mend"] == [command]
    with served_when_started(linux):
        talk = Talk(linux.terminal("setup", "service"))
        talk.answer("Does it run now?", "y")
        talk.wait_for("It does not answer at")
        (linux.base / "started").touch()
        wait_for(lambda: "answers" in json.dumps(linux.rows("service")))
        talk.answer("Does it run now?", "y")
        assert talk.end() == 0, talk.raw
    assert linux.calls("sudo") == [] and linux.log() == [] and not unit(linux).exists()


def test_another_program_on_the_port(linux: Bare) -> None:
    import http.server

    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        linux.env["OLLAMA_HOST"] = f"http://127.0.0.1:{server.server_address[1]}"
        linux.stub("ollama")
        row = linux.rows("--yes", "service")["service"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert row["state"] == "failed" and "HTTP 404" in row["told"]
