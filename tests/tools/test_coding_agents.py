"""``tools/environments.py engine NAME``: the engines of other makers, in folders of their own."""

from __future__ import annotations

import subprocess

import pytest

from tests.tools.conftest import Checkout, last_hint

NPM = """\
#!/bin/sh
PATH=/usr/bin:/bin
echo "npm $*" >> "$CALLS"
while [ $# -gt 1 ]; do [ "$1" != --prefix ] || folder=$2; shift; done
bin="$folder/node_modules/.bin"
mkdir -p "$bin" "$folder/node_modules/node/bin"
case $1 in
node@*) printf '#!/bin/sh\\nexec /bin/sh "$@"\\n' > "$folder/node_modules/node/bin/node"
    chmod +x "$folder/node_modules/node/bin/node" ;;
*) for name in qwen pi codex; do
        printf '#!/bin/sh\\necho "%s 1.2.3"\\n' "$name" > "$bin/$name"; chmod +x "$bin/$name"
    done ;;
esac
"""


def make(checkout: Checkout, name: str) -> subprocess.CompletedProcess[str]:
    program = str(checkout.bin / "python3")
    return checkout.run("tools/environments.py", "engine", name, program=program)


@pytest.fixture
def with_npm(checkout: Checkout) -> Checkout:
    checkout.python()
    checkout.script("npm", NPM)
    checkout.script("node", "#!/bin/sh\necho v20.1.0\n")
    return checkout


def test_it_is_fetched_without_the_scripts_of_others_and_started_once(with_npm: Checkout) -> None:
    done = make(with_npm, "codex")
    assert done.returncode == 0, done.stderr
    start = with_npm.folder / ".tools/engine-codex/bin/codex"
    told = subprocess.run([start, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == "codex 1.2.3\n"
    (call,) = [line for line in with_npm.calls if line.startswith("npm")]
    assert "--ignore-scripts" in call
    assert make(with_npm, "codex").stderr == ""


def test_where_the_systems_node_is_too_old_it_has_one_of_its_own(with_npm: Checkout) -> None:
    assert make(with_npm, "qwen").returncode == 0
    start = with_npm.folder / ".tools/engine-qwen/bin/qwen"
    told = subprocess.run([start, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == "qwen 1.2.3\n"
    assert "engine-qwen/node_modules/node/bin/node" in start.read_text()
    assert any("node@22" in line for line in with_npm.calls)


def test_a_node_that_is_new_enough_is_used(with_npm: Checkout) -> None:
    assert make(with_npm, "pi").returncode == 0
    assert not any("node@22" in line for line in with_npm.calls)


def test_one_that_does_not_start_is_not_made(with_npm: Checkout) -> None:
    with_npm.script("npm", NPM.replace('echo "%s 1.2.3"', "exit 9; echo %s"))
    done = make(with_npm, "codex")
    assert done.returncode == 1
    assert last_hint(done.stderr).endswith("tools/environments.py engine codex")


def test_without_a_fitting_python_vibe_is_named_and_nothing_is_wrong(checkout: Checkout) -> None:
    checkout.python(version="3.14")
    done = make(checkout, "vibe")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == (
        "vibe needs Python 3.12 or 3.13, this is 3.14, and uv could not bring one: not made"
    )
    assert not (checkout.folder / ".tools/engine-vibe/bin/vibe").exists()


def test_an_engine_that_nobody_knows_is_a_usage_error(checkout: Checkout) -> None:
    checkout.python()
    done = make(checkout, "toaster")
    assert done.returncode == 2
    assert "engine NAME" in done.stderr
