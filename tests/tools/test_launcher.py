"""``./ai-code`` from a checkout: what it makes, when, what it says; then it costs nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ai_code.cli.main import COMMANDS
from tests.e2e.world import wait_for
from tests.tools.conftest import Checkout, interrupt, last_hint

PROMPT = "add a docstring"
RAN = 7
"""The exit code of the ai-code of these tests."""
NO_RUN = sorted(set(COMMANDS) - {"run", "chat", "drill", "ask", "plan"})


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """ai-code's own environment is there, aider's is not."""
    assert checkout.run("--version").returncode == RAN
    assert checkout.calls == ["pip ai-code "]
    return checkout


def test_the_first_call_makes_what_it_needs_and_is_ai_code(checkout: Checkout) -> None:
    words = ["--version", "two words", "", "$(touch x); `y` \"'", "line\nline", "日本"]
    run = checkout.run(*words)
    assert (run.returncode, run.stdout) == (RAN, "\n".join(["ai-code", *words, ""]))
    first, last = run.stderr.splitlines()
    assert first == "making ai-code's own environment (20 MB, some seconds, only once) …"
    assert last.startswith("made ai-code's own environment in ")
    assert not (checkout.folder / "x").exists()


def test_bytes_that_are_no_text_are_passed_on(checkout: Checkout) -> None:
    for _ in range(2):
        run = checkout.run(b"--version", b"caf\xe9")
        assert run.stdout.splitlines()[2].encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_then_it_starts_nothing_but_ai_code(ready: Checkout) -> None:
    (ready.folder / "tools/find-python").write_text("#!/bin/sh\nexit 99\n")
    run = ready.run("--version")
    assert (run.returncode, run.stderr, ready.calls) == (RAN, "", [])


def test_what_cannot_end_with_aider_does_not_wait_for_it(ready: Checkout) -> None:
    """A new command that needs no aider belongs into ``want`` of ./ai-code."""
    for words in (
        *([name] for name in NO_RUN), ["--help"], ["-h"], ["-V"], ["help"], ["version"],
        ["--dry-run", PROMPT], [PROMPT, "--dry-run"], ["--no-fallback", PROMPT],
        ["run", "--help"], ["drill", "--help"], ["config", "path"],
        ["--engine", "claude", PROMPT], ["--engine=claude", PROMPT], ["--engine", "pi", PROMPT],
        ["drill", "--engine=opencode"], ["mcp"], ["login"], ["update"],
    ):  # fmt: skip
        run = ready.run(*words)
        assert (run.stderr, run.stdout) == ("", "\n".join(["ai-code", *words, ""]))
        assert ready.calls == [], words


def test_a_shell_that_completes_a_line_does_not_wait(ready: Checkout) -> None:
    assert ready.run("x", _AI_CODE_COMPLETE="bash_complete").stderr == ""


@pytest.mark.parametrize(
    "words",
    [[PROMPT], ["run", PROMPT], ["drill"], ["-p", PROMPT], ["--engine", "aider", PROMPT],
     ["--local", PROMPT], [PROMPT, "--", "--help"], []],
    ids=" ".join,
)  # fmt: skip
def test_aider_is_made_before_what_may_end_with_it(ready: Checkout, words: list[str]) -> None:
    ours = ready.folder / ".tools/bin/aider"
    run = ready.run(*words)
    assert run.stdout == "\n".join(["ai-code", *words, str(ours), ""])
    assert run.stderr.startswith("making aider's environment (about 700 MB, 1 to 3 minutes, only")
    assert ready.calls == ["pip aider ", "compileall"]
    again = ready.run(*words)
    assert (again.stdout, again.stderr, ready.calls) == (run.stdout, "", [])


def test_no_words_on_a_terminal_are_a_chat_which_may_end_with_aider(ready: Checkout) -> None:
    terminal = ready.terminal()
    assert terminal.read().startswith(b"making aider's environment")


def test_the_persons_own_aider_is_used(ready: Checkout) -> None:
    own = ready.script("aider", "#!/bin/sh\n")
    run = ready.run(PROMPT)
    assert (run.stdout.splitlines()[-1], run.stderr, ready.calls) == (str(own), "", [])


def test_the_persons_own_aider_wins_over_ours(ready: Checkout) -> None:
    ready.run(PROMPT)
    own = ready.script("aider", "#!/bin/sh\n")
    assert ready.run(PROMPT).stdout.splitlines()[-1] == str(own)


@pytest.mark.parametrize(
    "settings",
    ["aider.command: [/opt/aider]\\n", "fallback.enabled: false\\n", "engine: claude\\n"],
)
def test_settings_that_need_no_aider_of_ours(ready: Checkout, settings: str) -> None:
    run = ready.run(PROMPT, SETTINGS=settings)
    assert (run.returncode, run.stderr, ready.calls) == (RAN, "", [])


# Failures -------------------------------------------------------------------------------------


def checkout_log(checkout: Checkout) -> Path:
    return checkout.folder / ".tools/.aider.log"


def test_without_a_network_claude_works_all_the_same(ready: Checkout) -> None:
    run = ready.run(PROMPT, PIP_DOES="offline aider")
    assert (run.returncode, run.stdout) == (RAN, f"ai-code\n{PROMPT}\n")
    making, told = run.stderr.splitlines()
    assert making.startswith("making aider's environment")
    log = checkout_log(ready)
    assert told == (
        "without aider no local model goes on at a limit (aider's environment cannot be fetched: "
        f"no way to the package index; see {log}): ./ai-code setup aider"
    )
    assert "name resolution" in log.read_text()
    assert ready.calls == ["pip aider "]
    later = ready.run(PROMPT)
    assert (later.returncode, later.stdout) == (RAN, run.stdout)
    assert later.stderr == (
        "without aider no local model goes on at a limit (its set-up failed 1 min ago): "
        "./ai-code setup aider\n"
    )
    assert ready.calls == []
    mended = ready.mend(told.rsplit(": ", 1)[1])
    assert mended.stdout == "ai-code\nsetup\naider\n"


def test_the_aider_of_setup_is_one(ready: Checkout) -> None:
    """Else the launcher would make another one beside it: 700 MB, and the same again each hour."""
    for folder, env in ((".local/share", {}), ("data", {"XDG_DATA_HOME": f"{ready.base}/data"})):
        aider = ready.base / folder / "ai-code/bin/aider"
        aider.parent.mkdir(parents=True)
        aider.symlink_to(ready.script("not-aider", "#!/bin/sh\n"))
        run = ready.run(PROMPT, **env)
        assert (run.returncode, run.stderr, ready.calls) == (RAN, "", [])
        aider.unlink()


def test_without_git_no_aider_is_made(ready: Checkout) -> None:
    (ready.bin / "git").unlink()
    for words in ([PROMPT], ["--local", PROMPT], ["ask", "why?"]):
        run = ready.run(*words)
        assert (run.returncode, ready.calls) == (RAN, [])
        told = "without git no local model goes on at a limit: "
        assert run.stderr.startswith(told) and run.stderr.endswith("install git\n")
    run = ready.run("drill")
    assert (run.returncode, run.stderr, ready.calls) == (RAN, "", []), "ai-code says it itself"
    tree = "engine: auto\\nfallback.where: tree\\n"
    assert "making aider's environment" in ready.run(PROMPT, SETTINGS=tree).stderr


def test_a_drill_and_a_later_hour_try_again(ready: Checkout) -> None:
    ready.run(PROMPT, PIP_DOES="offline aider")
    long_ago = time.time() - 3700
    os.utime(ready.folder / ".tools/.aider.failed", (long_ago, long_ago))
    ready.run(PROMPT, PIP_DOES="offline aider")
    assert ready.calls == ["pip aider ", "pip aider "]
    assert "made aider's environment" in ready.run("drill").stderr


def test_without_its_own_environment_it_says_what_mends_it(checkout: Checkout) -> None:
    run = checkout.run(PROMPT, PIP_DOES="offline")
    assert (run.returncode, run.stdout) == (126, "")
    assert "ai-code: ai-code's own environment cannot be fetched: no way to the" in run.stderr
    assert " ended with 1: [Errno -3] Temporary failure in name resolution\n" in run.stderr
    log = checkout.folder / ".venv.log"
    assert str(log) in run.stderr and "Temporary failure" in log.read_text()
    assert last_hint(run.stderr) == "./ai-code --version"
    assert checkout.mend(last_hint(run.stderr)).returncode == RAN
    assert not log.exists()


def test_a_full_disk(checkout: Checkout) -> None:
    run = checkout.run("--version", PIP_DOES="full")
    assert run.returncode == 126
    assert "the disk is full: ai-code's own environment needs 60 MB" in run.stderr
    assert last_hint(run.stderr) == f"df -h '{checkout.folder}' /tmp"
    assert not (checkout.folder / ".venv").exists()
    assert checkout.run("--version").returncode == RAN


def test_what_pip_says_is_passed_on(checkout: Checkout) -> None:
    run = checkout.run("--version", PIP_DOES="wrong")
    assert "ai-code: ai-code's own environment could not be made\n" in run.stderr
    assert " ended with 1: ERROR: No matching distribution found for ai-code==1.0\n" in run.stderr


def test_a_checkout_that_cannot_be_written_to(checkout: Checkout) -> None:
    (checkout.folder / ".tools").write_text("a file where a folder should be")
    assert checkout.run("--version").returncode == RAN
    run = checkout.run(PROMPT)
    assert run.returncode == RAN
    assert "without aider no local model goes on at a limit" in run.stderr


def test_an_interrupt_says_what_to_do_and_the_next_call_goes_on(checkout: Checkout) -> None:
    temporary = checkout.base / "temporary"
    temporary.mkdir()
    process = checkout.start("--version", PIP_DOES="slow", TMPDIR=str(temporary))
    checkout.wait_for_call("pip ai-code")
    wait_for(lambda: list(temporary.glob("*/left-behind")))
    interrupt(process)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "stopped; to go on: ./ai-code --version"
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == []
    assert checkout.run("--version").returncode == RAN


def test_an_interrupted_aider_shows_the_way_without(ready: Checkout) -> None:
    process = ready.start(PROMPT, PIP_DOES="slow")
    ready.wait_for_call("pip aider")
    interrupt(process)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert last_hint(err) == "without a local model: ./ai-code --no-fallback …"
    assert ready.run("--no-fallback", PROMPT).stderr == ""
    assert "made aider's environment" in ready.run(PROMPT).stderr


@pytest.mark.parametrize(
    ("words", "again", "without"),
    [
        (["drill"], "./ai-code drill", ""),
        (["drill", "--scenario", "weekly"], "./ai-code drill --scenario weekly", ""),
        (["it's slow", "-q"], "./ai-code 'it'\"'\"'s slow' -q", "./ai-code --no-fallback …"),
        (["ask", "why?"], "./ai-code ask 'why?'", "./ai-code ask --no-fallback …"),
        (["two\nlines"], "./ai-code …", "./ai-code --no-fallback …"),
    ],
)
def test_what_was_typed_goes_on(
    ready: Checkout, words: list[str], again: str, without: str
) -> None:
    process = ready.start(*words, PIP_DOES="slow")
    ready.wait_for_call("pip aider")
    interrupt(process)
    told = process.communicate(timeout=30)[1].splitlines()
    assert f"stopped; to go on: {again}" in told
    assert told[-1] == (f"hint: without a local model: {without}" if without else told[-1])
    assert ("hint:" in told[-1]) is bool(without)


def test_the_environment_that_comes_first_goes_on_with_what_was_typed(checkout: Checkout) -> None:
    process = checkout.start("drill", PIP_DOES="slow")
    checkout.wait_for_call("pip ai-code")
    interrupt(process)
    told = process.communicate(timeout=30)[1].splitlines()
    assert told[-1] == "stopped; to go on: ./ai-code drill"


def test_what_is_piped_in_is_ai_codes(checkout: Checkout) -> None:
    pip = checkout.base / "fakes/pip/__main__.py"
    pip.write_text(pip.read_text().replace("command -v aider", 'read -r x; echo "$x"'))
    for _ in range(2):
        run = subprocess.run(
            ["./ai-code", "review"], cwd=checkout.folder, env=checkout.env, input="a diff\n",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.stdout == "ai-code\nreview\na diff\n"


def test_ctrl_c_on_a_terminal(checkout: Checkout) -> None:
    terminal = checkout.terminal("--version", PIP_DOES="slow")
    terminal.expect_exact("making ai-code's own environment (20 MB")
    terminal.expect(rb"\r\x1b\[K[^\r]* 0 s .. downloading ai")
    terminal.expect(rb" [1-9] s .. downloading")
    terminal.sendintr()
    seen = terminal.read()
    terminal.wait()
    assert terminal.exitstatus == 130
    assert b"stopped; to go on: ./ai-code --version" in seen and b"Traceback" not in seen


def test_the_live_line_fits_the_screen_and_goes(checkout: Checkout) -> None:
    checkout.go.touch()
    seen = checkout.terminal("--version", PIP_DOES="slow").read().decode()
    assert "\r\n\r\x1b[K" in seen
    lines = [part for line in seen.split("\r\n")[1:] for part in line.split("\r\x1b[K")]
    assert all(len(line) < 60 for line in lines)
    assert seen.endswith("ai-code\r\n--version\r\n")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_what_it_started_ends_with_it(checkout: Checkout, signum: int) -> None:
    process = checkout.start("--version", PIP_DOES="slow")
    checkout.wait_for_call("pip ai-code")
    process.send_signal(signum)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signum
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_what_was_only_not_finished_is_not_fetched_again(ready: Checkout) -> None:
    assert "without aider" in ready.run(PROMPT, COMPILE_DOES="fail").stderr
    assert ready.calls == ["pip aider ", "compileall"]
    assert ready.run("drill").returncode == RAN
    assert ready.calls == ["compileall"]


def test_two_at_once_wait_for_each_other(checkout: Checkout) -> None:
    first = checkout.start("--version", PIP_DOES="slow")
    checkout.wait_for_call("pip ai-code")
    second = checkout.start("--version", PIP_DOES="slow")
    assert second.stderr is not None
    assert (
        second.stderr.readline()
        == "another call makes ai-code's own environment: waiting for it …\n"
    )
    checkout.go.touch()
    for process in (first, second):
        process.communicate(timeout=30)
        assert process.returncode == RAN
    assert checkout.calls == ["pip ai-code "]


def test_after_a_kill_the_next_call_waits_for_what_is_left_and_mends_it(checkout: Checkout) -> None:
    killed = checkout.start("--version", PIP_DOES="slow")
    checkout.wait_for_call("pip ai-code")
    killed.kill()
    next_ = checkout.start("--version")
    assert next_.stderr is not None
    assert "waiting for it" in next_.stderr.readline()
    checkout.go.touch()
    next_.communicate(timeout=30)
    killed.communicate(timeout=30)
    assert next_.returncode == RAN
    assert checkout.calls == ["pip ai-code ", "pip ai-code "]


# What it was made from ------------------------------------------------------------------------


def test_another_pyproject_makes_it_anew(ready: Checkout) -> None:
    later = time.time() + 5
    pyproject = ready.folder / "pyproject.toml"
    os.utime(pyproject, (later, later))
    assert ready.run("--version").stderr == ""
    pyproject.write_text("[dependency-groups]\ndev = ['x']\n")
    os.utime(pyproject, (later, later))
    assert "made ai-code's own environment" in ready.run("--version").stderr


def test_a_copied_checkout_makes_its_own(ready: Checkout) -> None:
    original = ready.folder
    ready.folder = ready.base / "copy"
    shutil.copytree(original, ready.folder, symlinks=True)
    assert "made ai-code's own environment" in ready.run("--version").stderr
    assert ready.run("--version").stderr == ""
    place = (ready.folder / ".venv/.place").read_text()
    assert place == f"{ready.folder}\n"


def test_a_moved_checkout_makes_both_anew(ready: Checkout) -> None:
    ready.run(PROMPT)
    ready.folder = ready.folder.rename(ready.base / "moved")
    assert "made ai-code's own environment" in ready.run("--version").stderr
    run = ready.run(PROMPT)
    assert "made aider's environment" in run.stderr
    assert run.stdout.splitlines()[-1] == str(ready.folder / ".tools/bin/aider")


def test_an_environment_without_a_note_of_its_place_is_taken(ready: Checkout) -> None:
    (ready.folder / ".venv/.place").unlink()
    assert ready.run("--version").stderr == ""
    assert (ready.folder / ".venv/.place").exists()


def test_closed_streams_are_nobodys(checkout: Checkout) -> None:
    quiet = checkout.script("quiet", '#!/bin/sh\nexec ./ai-code "$@" 2>&- <&-\n')
    run = checkout.run("--version", program=str(quiet))
    assert (run.returncode, run.stdout) == (RAN, "ai-code\n--version\n")


def test_through_a_link_from_anywhere(ready: Checkout) -> None:
    link = ready.base / "my-ai-code"
    link.symlink_to("a checkout/ai-code")
    (ready.bin / "ai-code").symlink_to(link)
    for program in (str(link), "ai-code"):
        run = ready.run("x", program=program)
        assert run.stdout.splitlines()[-1] == str(ready.folder / ".tools/bin/aider")
    assert ready.calls == ["pip aider ", "compileall"]


def test_commands_are_shown_as_it_was_called_where_a_shell_finds_no_ai_code(
    checkout: Checkout,
) -> None:
    for _ in ("made", "there"):
        checkout.run("--version")
        assert checkout.shown_as == "./ai-code"
    checkout.run("--version", program=str(checkout.folder / "ai-code"))
    assert checkout.shown_as == f"{checkout.folder}/ai-code"
    subprocess.run(["/bin/sh", "ai-code", "-V"], cwd=checkout.folder, env=checkout.env, check=False)
    assert checkout.shown_as == "./ai-code"


def test_commands_are_shown_as_ai_code_where_a_shell_finds_this_one(ready: Checkout) -> None:
    (ready.bin / "ai-code").symlink_to(ready.folder / "ai-code")
    for program in ("./ai-code", "ai-code"):
        ready.run("--version", program=program, _AI_CODE_SHOWN_AS="/an/earlier/one")
        assert ready.shown_as == ""
    (ready.bin / "ai-code").unlink()
    (ready.bin / "ai-code").symlink_to(ready.folder / ".venv/bin/ai-code")
    ready.run("--version")
    assert ready.shown_as == ""
    (ready.bin / "ai-code").unlink()
    ready.script("ai-code", "#!/bin/sh\n")
    ready.run("--version")
    assert ready.shown_as == "./ai-code"


def test_a_python_that_went_away_is_replaced(ready: Checkout) -> None:
    (ready.folder / ".venv/bin/python").unlink()
    assert "made ai-code's own environment" in ready.run("--version").stderr


def test_pip_sees_no_packages_of_the_persons(checkout: Checkout) -> None:
    checkout.run("--version", PYTHONPATH="/somewhere", PIP_TARGET="/elsewhere")
    assert checkout.calls == ["pip ai-code "]


def test_the_umask_is_the_persons(checkout: Checkout) -> None:
    (checkout.base / "fakes/pip/__main__.py").write_text(
        (checkout.base / "fakes/pip/__main__.py").read_text().replace("command -v aider", "umask")
    )
    script = checkout.script("strict", '#!/bin/sh\numask 077\nexec ./ai-code "$@"\n')
    for _ in range(2):
        assert checkout.run("--version", program=str(script)).stdout.split()[-1] == "0077"


# Pythons --------------------------------------------------------------------------------------


def python_of(checkout: Checkout, folder: str) -> str:
    return (checkout.folder / folder / "version").read_text()


def test_a_python_without_venv_is_named_with_its_package(checkout: Checkout) -> None:
    checkout.python(venv=False)
    run = checkout.run("--version")
    assert run.returncode == 126
    assert "Python's venv module is not installed" in run.stderr
    assert last_hint(run.stderr).startswith("sudo apt install python3")
    assert last_hint(run.stderr).endswith("-venv")


def test_another_python_that_has_venv_is_taken(checkout: Checkout) -> None:
    checkout.python(venv=False)
    checkout.python("python3.11", "3.11")
    assert checkout.run("--version").returncode == RAN
    assert python_of(checkout, ".venv") == "3.11"


def test_no_python_that_is_new_enough(checkout: Checkout) -> None:
    checkout.python(version="3.9")
    run = checkout.run("--version")
    assert run.returncode == 127
    assert last_hint(run.stderr) == "sudo apt install python3 python3-venv git npm"


def test_a_shim_that_leads_nowhere_is_passed_by(checkout: Checkout) -> None:
    checkout.python(version="3.14")
    checkout.script(
        "python3.12", "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2; exit 127\n"
    )
    checkout.python("python3.11", "3.11")
    assert checkout.run(PROMPT).returncode == RAN
    assert python_of(checkout, ".venv") == "3.14"
    assert python_of(checkout, ".tools/aider") == "3.11"


def test_a_python_of_pyenvs_that_nobody_chose_is_found(checkout: Checkout) -> None:
    prefix = checkout.python("python-of-pyenv", "3.12")
    place = checkout.base / ".pyenv/versions/3.12.1/bin/python3.12"
    place.parent.mkdir(parents=True)
    place.write_text(f'#!/bin/sh\nexec "{prefix}/bin/python3" "$@"\n')
    place.chmod(0o755)
    checkout.python(version="3.13")
    assert checkout.run(PROMPT).returncode == RAN
    assert python_of(checkout, ".tools/aider") == "3.12"


def test_a_new_python_runs_us_and_another_one_aider(checkout: Checkout) -> None:
    checkout.python(version="3.14")
    checkout.python("python3.12", "3.12", venv=False)
    checkout.python("python3.10", "3.10")
    assert checkout.run(PROMPT).stderr.count("made ") == 2
    assert python_of(checkout, ".tools/aider") == "3.10"


UV = """\
#!/bin/sh
echo "uv $*" >> "$CALLS"
case "$1 $2" in
"python find") [ -e "{fetched}" ] || exit 2; echo "{python}" ;;
"python install") [ "$UV_PYTHON_INSTALL_BIN" = 0 ] && case $UV_PYTHON_INSTALL_DIR in
    */.tools/python) {does} ;; esac ;;
esac
"""


def test_uv_brings_a_python_for_aider(checkout: Checkout) -> None:
    prefix = checkout.python("python-of-uv", "3.12")
    checkout.python(version="3.14")
    fetched = checkout.base / "fetched"
    checkout.script(
        "uv", UV.format(fetched=fetched, python=prefix / "bin/python3", does=f": > '{fetched}'")
    )
    run = checkout.run(PROMPT)
    assert "made aider's environment" in run.stderr, run.stderr
    assert python_of(checkout, ".tools/aider") == "3.12"
    assert "uv python install 3.12" in checkout.calls


def test_a_python_that_uv_has_is_not_fetched(checkout: Checkout) -> None:
    prefix = checkout.python("python-of-uv", "3.12")
    checkout.python(version="3.14")
    checkout.script("uv", UV.format(fetched=prefix, python=prefix / "bin/python3", does="exit 9"))
    checkout.run(PROMPT)
    assert python_of(checkout, ".tools/aider") == "3.12"
    assert "uv python install 3.12" not in checkout.calls


def test_without_uv_it_comes_from_pypi_and_its_failure_is_told(checkout: Checkout) -> None:
    checkout.python(version="3.14")
    checkout.script("apt-cache", '#!/bin/sh\n[ "$2" != python3.11-venv ] || echo "Package: $2"\n')
    run = checkout.run(PROMPT)
    assert run.returncode == RAN
    assert run.stderr.splitlines()[-1] == (
        "without aider no local model goes on at a limit (aider needs Python 3.10 to 3.12, this is "
        f"3.14, and uv could not bring one; see {checkout_log(checkout)}): "
        "sudo apt install python3.11-venv"
    )
    assert "dns error" in checkout_log(checkout).read_text()
    assert (checkout.folder / ".tools/uv/bin/uv").exists()
    assert not (checkout.folder / ".tools/bin/aider").exists()


def test_npm_is_named_where_it_is_missing(checkout: Checkout) -> None:
    run = checkout.run(
        "tools/environments.py", "claude", "2.1.329", program=str(checkout.bin / "python3")
    )
    assert run.returncode == 1
    assert last_hint(run.stderr) == "sudo apt install npm"


def test_the_test_command_names_what_is_missing(checkout: Checkout) -> None:
    (checkout.bin / "git").unlink()
    run = checkout.run(program="./test")
    assert (run.returncode, last_hint(run.stderr)) == (1, "sudo apt install git")
