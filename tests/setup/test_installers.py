"""What npm and pip printed where they failed (npm 11.19, pip 23.2), in one line for a person."""

from __future__ import annotations

import pytest

from ai_code.flows.setup.progress import said_by

REFUSED = """\
npm error code ECONNREFUSED
npm error syscall connect
npm error errno ECONNREFUSED
npm error FetchError: request to http://127.0.0.1:9/pi failed, reason: connect ECONNREFUSED \
127.0.0.1:9
npm error     at ClientRequest.<anonymous> (/usr/lib/node_modules/npm/lib/index.js:130:14) {
npm error   code: 'ECONNREFUSED',
npm error }
npm error
npm error If you are behind a proxy, please make sure that the 'proxy' config is set properly.
npm error A complete log of this run can be found in: /home/person/.npm/_logs/debug-0.log
"""
NO_NAME = """\
npm error code ENOTFOUND
npm error syscall getaddrinfo
npm error errno ENOTFOUND
npm error network request to http://nowhere.invalid/pi failed, reason: getaddrinfo ENOTFOUND \
nowhere.invalid
npm error network This is a problem related to network connectivity.
"""
NO_VERSION = """\
npm error code ETARGET
npm error notarget No matching version found for pi@99.1.1.
npm error notarget In most cases you or one of your dependencies are requesting a package version
"""
NOT_FOUND = """\
npm error code E404
npm error 404 Not Found - GET http://127.0.0.1:9811/pi
npm error 404
npm error 404  The requested resource 'pi@1' could not be found
"""
FORBIDDEN = """\
npm error code E403
npm error 403 403 Forbidden - GET http://127.0.0.1:9813/pi - no
"""
NO_FILE = """\
npm error code ENOENT
npm error syscall open
npm error path /tmp/no-such/package.json
npm error errno -2
npm error enoent Could not read package.json: Error: ENOENT: no such file or directory
"""
NOT_ALLOWED = """\
npm error code EACCES
npm error syscall mkdir
npm error path /opt/engines/pi/node_modules
npm error errno -13
npm error Error: EACCES: permission denied, mkdir '/opt/engines/pi/node_modules'
npm error     at async mkdir (node:internal/fs/promises:860:10)
"""
SCRIPT = """\
npm error code 1
npm error path /opt/engines/opencode/node_modules/opencode-ai
npm error command failed
npm error command sh -c node ./postinstall.mjs
npm error node:internal/modules/cjs/loader:1228
npm error   throw err;
npm error   ^
npm error Error: Cannot find module './bin'
npm error     at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)
"""
CODE_ALONE = "npm ERR! code EBUSY\nnpm ERR! errno -16\n"
PIP = """\
ERROR: Ignored the following versions that require a different python version: 3.0.0
ERROR: Could not find a version that satisfies the requirement vibe==99 (from versions: 1.0)
ERROR: No matching distribution found for vibe==99
"""
PIP_REFUSED = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor>: \
Failed to establish a new connection: [Errno 111] Connection refused')': /simple/vibe/
ERROR: Could not find a version that satisfies the requirement vibe==1 (from versions: none)
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (REFUSED, "no network (connect ECONNREFUSED 127.0.0.1:9)"),
        (NO_NAME, "no network (getaddrinfo ENOTFOUND nowhere.invalid)"),
        (NO_VERSION, "No matching version found for pi@99.1.1."),
        (NOT_FOUND, "Not Found - GET http://127.0.0.1:9811/pi"),
        (FORBIDDEN, "403 Forbidden - GET http://127.0.0.1:9813/pi - no"),
        (NO_FILE, "Could not read package.json: Error: ENOENT: no such file or directory"),
        (NOT_ALLOWED, "EACCES: permission denied, mkdir '/opt/engines/pi/node_modules'"),
        (SCRIPT, "Cannot find module './bin'"),
        (CODE_ALONE, "code EBUSY"),
        ("npm error nospc ENOSPC: no space left on device, write\n", "the disk is full (ENOSPC)"),
        ("npm error network is unreachable\n", "network is unreachable"),
        (
            PIP,
            "Could not find a version that satisfies the requirement vibe==99 (from versions: 1.0)",
        ),
        (PIP_REFUSED, "no network (Connection refused)"),
        ("", ""),
    ],
)
def test_the_line_that_says_something(said: str, told: str) -> None:
    assert said_by(said.encode()) == told
