"""The fence around aider, in plain Python and in aider's own: what it holds back, what it lets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import PROGRAMS, TOOLS

FENCE = Path(__file__).resolve().parents[2] / "ai_code" / "system" / "fence"


def aiders_python() -> str | None:
    """The Python that runs the real aider, where that is installed."""
    variable, place = PROGRAMS["aider"]
    aider = Path(os.environ.get(variable) or TOOLS / place)
    python = aider.parent / "python"
    return str(python) if python.exists() else None


PYTHONS = {"plain": sys.executable, "aider": aiders_python()}


@pytest.fixture(params=sorted(PYTHONS))
def python(request: pytest.FixtureRequest) -> str:
    path = PYTHONS[request.param]
    if path is None:
        pytest.skip("needs the real aider: run ./test")
    return path


@dataclass
class Fenced:
    """Sources run behind the fence, in ``tree``; ``outside`` lies beside it."""

    base: Path
    connect: list[list[object]] = field(default_factory=list)
    more_env: dict[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Path:
        return self.base / "tree"

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    @property
    def log(self) -> Path:
        return self.base / "told"

    @property
    def told(self) -> list[list[str]]:
        """What and which, for each refusal."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def run(self, python: str, source: str) -> subprocess.CompletedProcess[str]:
        rules = {"write": [str(self.tree)], "connect": self.connect, "told": str(self.log)}
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.base),
            "PYTHONPATH": str(FENCE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AI_CODE_FENCE": json.dumps(rules),
            "OUT": str(self.outside),
            **self.more_env,
        }
        return subprocess.run(
            [python, "-c", f"import os\nout = os.environ['OUT']\n{source}"],
            cwd=self.tree,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def fenced(tmp_path: Path) -> Fenced:
    made = Fenced(tmp_path.resolve())
    made.tree.mkdir()
    made.outside.mkdir()
    (made.outside / "file").write_text("mine")
    (made.outside / "folder").mkdir()
    (made.tree / "inside").write_text("ours")
    (made.outside / "link").symlink_to(made.tree / "inside")
    (made.tree / "link").symlink_to(made.outside / "file")
    (made.tree / "linked").symlink_to(made.outside)
    return made


def everything(folder: Path) -> dict[str, object]:
    return {
        str(path): (path.read_bytes() if path.is_file() else None, path.lstat().st_mode)
        for path in folder.rglob("*")
    }


WRITES = {
    "open": "open(out + '/file', 'w')",
    "append": "open(out + '/file', 'a')",
    "update": "open(out + '/file', 'r+')",
    "exclusive": "open(out + '/new', 'x')",
    "bytes": "open(os.fsencode(out + '/new'), 'wb')",
    "pathlib": "import pathlib; pathlib.Path(out, 'new').write_text('x')",
    "touch": "import pathlib; pathlib.Path(out, 'new').touch()",
    "os.open": "os.open(out + '/new', os.O_CREAT | os.O_WRONLY)",
    "os.open of a path": "import pathlib; os.open(pathlib.Path(out, 'file'), os.O_RDWR)",
    "truncating": "os.open(out + '/file', os.O_RDONLY | os.O_TRUNC)",
    "io.open": "import io; io.open(out + '/file', 'w')",
    "FileIO": "import io; io.FileIO(out + '/file', 'w')",
    "dots": "open('../outside/file', 'w')",
    "more dots": "open('a/../../outside/file', 'w')",
    "through a link": "open('link', 'w')",
    "through a linked folder": "open('linked/new', 'w')",
    "remove": "os.remove(out + '/file')",
    "unlink": "os.unlink('linked/file')",
    "a link that leads in": "os.remove(out + '/link')",
    "rmdir": "os.rmdir(out + '/folder')",
    "mkdir": "os.mkdir(out + '/new')",
    "makedirs": "os.makedirs(out + '/a/b')",
    "rename out": "os.rename('inside', out + '/new')",
    "rename in": "os.rename(out + '/file', 'taken')",
    "replace": "os.replace('inside', out + '/file')",
    "link out": "os.link('inside', out + '/new')",
    "link in": "os.link(out + '/file', 'same')",
    "symlink": "os.symlink('/etc/passwd', out + '/new')",
    "truncate": "os.truncate(out + '/file', 0)",
    "chmod": "os.chmod(out + '/file', 0o777)",
    "chmod by path": "import pathlib; pathlib.Path(out, 'file').chmod(0o777)",
    "chown": "os.chown(out + '/file', os.getuid(), os.getgid())",
    "utime": "os.utime(out + '/file', (1, 1))",
    "copyfile": "import shutil; shutil.copyfile('inside', out + '/file')",
    "copytree": "import shutil; shutil.copytree('.', out + '/new', symlinks=True)",
    "move": "import shutil; shutil.move('inside', out + '/new')",
    "rmtree": "import shutil; shutil.rmtree(out)",
    "tempfile": "import tempfile; tempfile.NamedTemporaryFile(dir=out)",
    "a terminal": "open('/dev/tty', 'w')",
    "another name of null": "open('/dev/nullx', 'w')",
    "git's configuration": "open('.git/config', 'w')",
    "a hook": "os.makedirs('.git/hooks')",
    "in other letters": "open('.GIT', 'w')",
    "in a folder below": "os.makedirs('sub/.git')",
}


@pytest.mark.parametrize("name", sorted(WRITES))
def test_no_way_out(fenced: Fenced, python: str, name: str) -> None:
    (fenced.tree / "sub").mkdir()
    before = everything(fenced.base)
    done = fenced.run(python, WRITES[name])
    assert "PermissionError: ai-code's fence: writing is not allowed here" in done.stderr
    assert fenced.told
    assert fenced.told[0][0] == "writing"
    fenced.log.unlink()
    assert everything(fenced.base) == before


STARTS = {
    "run": "import subprocess; subprocess.run(['sh', '-c', 'echo it ran'])",
    "a shell": "import subprocess; subprocess.run('echo it ran', shell=True)",
    "with a path": "import subprocess; subprocess.run(['/bin/echo', 'it ran'])",
    "under git's name": "import subprocess; subprocess.run(['git'], executable='/bin/echo')",
    "Popen of a text": "import subprocess; subprocess.Popen('echo')",
    "system": "os.system('echo it ran')",
    "popen": "os.popen('echo it ran').read()",
    "execv": "os.execv('/bin/echo', ['echo', 'it ran'])",
    "execvp": "os.execvp('echo', ['echo', 'it ran'])",
    "posix_spawn": "os.posix_spawn('/bin/echo', ['echo', 'it ran'], {})",
    "pty.spawn": "import pty; pty.spawn(['/bin/echo', 'it ran'])",
    "asyncio": (
        "import asyncio\n"
        "asyncio.run(asyncio.wait_for(asyncio.create_subprocess_shell('echo it ran'), 9))"
    ),
}


@pytest.mark.parametrize("name", sorted(STARTS))
def test_no_program_but_git(fenced: Fenced, python: str, name: str) -> None:
    done = fenced.run(python, STARTS[name])
    assert "PermissionError: ai-code's fence: starting a program is not allowed" in done.stderr
    assert "it ran" not in done.stdout
    assert fenced.told[0][0] == "starting a program"


def test_a_browser_is_not_opened(fenced: Fenced, python: str) -> None:
    fenced.more_env["BROWSER"] = "echo"
    done = fenced.run(python, "import webbrowser; webbrowser.open('http://example.invalid/')")
    assert "example" not in done.stdout


ALLOWED = {
    "a file": "open('new', 'w').write('x')",
    "a folder": "os.makedirs('a/b/c', exist_ok=True); open('a/b/c/d', 'w')",
    "a folder that is there": f"os.makedirs({str(Path.home())!r}, exist_ok=True)",
    "a link that stays inside": "os.symlink('inside', 'other'); open('other', 'w')",
    "renaming": "os.rename('inside', 'renamed'); os.replace('renamed', 'inside')",
    "removing": "os.remove('inside'); os.remove('link')",
    "names with git in them": "open('.gitignore', 'w'); os.makedirs('.github/x.git')",
    "reading outside": "assert open(out + '/file').read() == 'mine'",
    "null": "open(os.devnull, 'w').write('x')",
    "a descriptor": "open(os.dup(1), 'w').write('x')",
    "git": "import subprocess; subprocess.run(['git', '--version'], check=True)",
    "git by path": "import subprocess; subprocess.run(['/usr/bin/git', '--version'], check=True)",
    "platform": "import platform; platform.platform(); platform.processor()",
    "threads": "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "sqlite": "import sqlite3; sqlite3.connect('cache.db').execute('create table t (x)')",
    "a temporary file": "import tempfile; tempfile.mkstemp(dir='.')",
}


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_what_aider_needs_still_works(fenced: Fenced, python: str, name: str) -> None:
    done = fenced.run(python, ALLOWED[name])
    assert (done.returncode, done.stderr) == (0, "")
    assert all(row == ["starting a program", "file"] for row in fenced.told)


# The network ---------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Something on loopback that greets whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")

        thread = threading.Thread(target=greet)
        thread.start()
        yield listening
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


GREETED = "import socket\nprint(socket.create_connection(({host!r}, {port})).recv(5))"


@pytest.mark.parametrize(
    ("allowed", "asked"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")]
)
def test_the_models_server_is_reached(
    fenced: Fenced, python: str, server: socket.socket, allowed: str, asked: str
) -> None:
    """By name too: what the name is looked up to is connected to."""
    fenced.connect = [[allowed, port(server)]]
    done = fenced.run(python, GREETED.format(host=asked, port=port(server)))
    assert (done.stdout, done.stderr) == ("b'hello'\n", "")


def test_a_server_elsewhere_by_its_name(fenced: Fenced, python: str, server: socket.socket) -> None:
    """As with an Ollama on another machine: the fence sees only the number it is looked up to."""
    name = "GPU.lan"
    look_up = (
        "import socket\nreal = socket.getaddrinfo\n"
        "def fake(host, *more, **named):\n"
        "    return real('127.0.0.1' if host.lower() == 'gpu.lan' else host, *more, **named)\n"
        "socket.getaddrinfo = fake\n"
    )
    fenced.connect = [["gpu.lan", port(server)]]
    # Looking up 127.0.0.1 stands for the name server's answer: let it pass.
    fenced.connect.append(["127.0.0.1", 1])
    done = fenced.run(python, look_up + GREETED.format(host=name, port=port(server)))
    assert (done.stdout, done.stderr) == ("b'hello'\n", "")


ELSEWHERE = {
    "another port": GREETED,
    "raw": "import socket\nsocket.socket().connect(('127.0.0.1', {port}))",
    "connect_ex": "import socket\nsocket.socket().connect_ex(('127.0.0.1', {port}))",
    "a datagram": (
        "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\n"
        "s.sendto(b'x', ('127.0.0.1', {port}))"
    ),
    "a message": (
        "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\n"
        "s.sendmsg([b'x'], [], 0, ('127.0.0.1', {port}))"
    ),
    "http": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')",
}


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_nothing_is_sent_elsewhere(
    fenced: Fenced, python: str, server: socket.socket, name: str
) -> None:
    fenced.connect = [["127.0.0.1", 1]]
    done = fenced.run(python, ELSEWHERE[name].format(host="127.0.0.1", port=port(server)))
    assert "ai-code's fence: connecting is not allowed here" in done.stderr
    assert done.stdout == ""
    assert fenced.told[0] == ["connecting", f"127.0.0.1:{port(server)}"]


def test_no_other_name_is_looked_up(fenced: Fenced, python: str) -> None:
    fenced.connect = [["127.0.0.1", 1]]
    for host in ("secret.example.invalid", b"secret.example.invalid"):
        done = fenced.run(python, f"import socket\nsocket.getaddrinfo({host!r}, 80)")
        assert "looking up is not allowed here" in done.stderr


# How it is raised ----------------------------------------------------------------------------


def test_the_module_it_hides_still_runs(fenced: Fenced, python: str, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text("import sys; sys.hidden = __name__\n")
    fenced.more_env["PYTHONPATH"] = f"{FENCE}:{tmp_path / 'hidden'}"
    done = fenced.run(python, "import sys; print(sys.hidden); open(out + '/new', 'w')")
    assert done.stdout == "sitecustomize\n"
    assert fenced.told


def test_the_module_it_hides_may_fail(fenced: Fenced, python: str, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text("1 / 0\n")
    fenced.more_env["PYTHONPATH"] = f"{FENCE}:{tmp_path / 'hidden'}"
    fenced.run(python, "open(out + '/new', 'w')")
    assert fenced.told


def test_its_rules_are_not_handed_on(fenced: Fenced, python: str) -> None:
    assert fenced.run(python, "print('AI_CODE_FENCE' in os.environ)").stdout == "False\n"


@pytest.mark.parametrize(
    "rules", ["", "{", "[]", "{}", '{"write": [], "connect": [], "told": "/no/x"}']
)
def test_what_cannot_be_fenced_does_not_run(fenced: Fenced, python: str, rules: str) -> None:
    fenced.more_env["AI_CODE_FENCE"] = rules
    done = fenced.run(python, "print('it ran')")
    assert (done.returncode, done.stdout) == (126, "")
    assert "fence cannot be raised" in done.stderr


def test_without_rules_there_is_no_fence(fenced: Fenced, python: str) -> None:
    done = fenced.run(python, "print('begun')")
    assert done.stdout == "begun\n"
    env = {"PYTHONPATH": str(FENCE), "OUT": str(fenced.outside)}
    source = "import os; open(os.environ['OUT'] + '/new', 'w')"
    subprocess.run([python, "-c", source], env=env, check=True)


def test_the_log_is_for_us_alone(fenced: Fenced, python: str) -> None:
    fenced.run(python, "open(out + '/new\\n\\x1b[31m', 'w')")
    assert fenced.log.stat().st_mode & 0o777 == 0o600
    assert fenced.told == [["writing", f"{fenced.outside}/new\n\x1b[31m"]]
