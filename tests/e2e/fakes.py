"""Small programs in the place of Claude Code and aider, and what models answer.

The fakes answer in milliseconds; they are for tests of what ai-code itself does, where the real
programs would add seconds and nothing else.
"""

from __future__ import annotations

import json
import sys
import time

from ai_code.drill.replies import edit_block
from tests.conftest import HELLO
from tests.recorded import stream_of

DOCUMENTED = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
EDIT = edit_block("hello.py", HELLO, DOCUMENTED)
"""The answer of a model that adds the docstring."""

_VERSION = 'if [ "$1" = --version ]; then echo "2.1.329 (Claude Code)"; exit; fi\n'


def claude_that(body: str) -> str:
    """A claude that reads its prompt, then does ``body`` (a shell script)."""
    return f"#!/bin/sh\n{_VERSION}cat > /dev/null\n{body}\n"


def claude_says(output: str, code: int = 0) -> str:
    """A claude that prints these events and ends."""
    return claude_that(f"cat <<'END-OF-EVENTS'\n{output}END-OF-EVENTS\nexit {code}")


def claude_at_its_limit(resets_in_s: int = 7200) -> str:
    """A claude that meets the 5-hour limit at once, in the form of 2.1.329."""
    resets = int(time.time()) + resets_in_s
    info = {"status": "rejected", "resetsAt": resets, "rateLimitType": "five_hour"}
    event = json.dumps({"type": "rate_limit_event", "rate_limit_info": info}) + "\n"
    rows = stream_of(
        "You've hit your 5-hour limit",
        is_error=True,
        api_error_status=429,
        api_error="usage_limit_reached",
    ).splitlines(keepends=True)
    return claude_says("".join([rows[0], event, *rows[1:]]), code=1)


def aider_that(body: str, options: str = "") -> str:
    """An aider in Python, so that ai-code's fence is around it as around the real one. ``body``
    has ``message`` (the brief), ``argv`` and ``say``; it stands in the private worktree.
    ``options`` are Python's."""
    return (
        f"#!{sys.executable}{options and ' ' + options}\n"
        "import os, sys, time\n"
        "argv = sys.argv\n"
        "message = open(argv[argv.index('--message-file') + 1]).read()\n"
        "def say(text): print(text, flush=True)\n"
        "say('Aider v0.86.2'); say('')\n"
        f"{body}\n"
        "say('Tokens: 10 sent, 10 received.')\n"
    )


def aider_writes(**files: str) -> str:
    """An aider that writes these files (``__`` in a keyword stands for a dot) and says so."""
    body = "say('Done.')\n"
    for name, content in files.items():
        path = name.replace("__", ".")
        body += f"open({path!r}, 'w').write({content!r})\n"
    return aider_that(body)


def claude_that_notes() -> str:
    """A claude that keeps its prompt in ``~/prompt``, its arguments in ``~/argv``, and is done."""
    events = stream_of("Noted.")
    return (
        f"#!/bin/sh\n{_VERSION}cat > ~/prompt\nprintf '%s\\n' \"$@\" > ~/argv\n"
        f"cat <<'END-OF-EVENTS'\n{events}END-OF-EVENTS\n"
    )


_ASKS = """
import json, re, urllib.error, urllib.request
def texts(option):
    return [open(b).read() for a, b in zip(argv, argv[1:]) if a == option]
told = "\\n".join([*texts("--read"), *texts("--file"), message])
model = argv[argv.index("--model") + 1].removeprefix("ollama_chat/")
body = {"model": model, "stream": False, "messages": [{"role": "user", "content": told}]}
request = urllib.request.Request(
    os.environ["OLLAMA_API_BASE"] + "/api/chat",
    json.dumps(body).encode(),
    {"Content-Type": "application/json"},
)
try:
    answer = json.load(urllib.request.urlopen(request))["message"]["content"]
except urllib.error.HTTPError as error:
    error = error.read().decode()
    say("litellm.APIConnectionError: Ollama_chatException - " + error)
    sys.exit()
except (OSError, ValueError) as error:
    say("litellm.APIConnectionError: Ollama_chatException - peer closed connection")
    sys.exit()
say(answer)
block = r"^(\\S+)\\n```\\w*\\n<<<<<<< SEARCH\\n(.*?)=======\\n(.*?)>>>>>>> REPLACE"
for path, old, new in re.findall(block, answer, re.M | re.S):
    try:
        text = open(path).read() if os.path.exists(path) else ""
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        open(path, "w").write(text.replace(old, new, 1) if old else new)
    except PermissionError:
        continue
    say("Applied edit to " + path)
"""


def aider_that_asks() -> str:
    """An aider that asks the model as the real one does, and applies its SEARCH blocks."""
    return aider_that(_ASKS)
