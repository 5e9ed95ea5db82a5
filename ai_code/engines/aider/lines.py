"""The lines that aider itself writes, as seen in 0.86.2 (its sources and recordings)."""

from __future__ import annotations

import re

START = re.compile(r"Aider v\d")
"""Everything before it is about aider's own start."""
TOKENS = re.compile(r"Tokens: ([\d.,]+[kM]?) sent, (?:.+, )?[\d.,]+[kM]? received\.(?: Cost: .*)?$")
"""Ends a reply that arrived whole."""
_COUNTS = re.compile(r"Tokens: ([\d.,]+[kM]?) sent, (?:.+, )?([\d.,]+[kM]?) received\.")
TOKEN_LIMIT = re.compile(r"Model \S+/\S+ has hit a token limit!$")
LITELLM = re.compile(r"litellm\.(?:\w+(?:Error|Exception)|Timeout): .*")
RETRY = re.compile(r"Retrying in (\d+(?:\.\d+)?) seconds\.\.\.$")
APPLIED = re.compile(r"Applied edit to (.+)$")
CONTEXT = "Your estimated chat context of"
CONTEXT_ENDS = "It's probably safe to try and send the request"
MALFORMED = "The LLM did not conform to the edit format."
REPORT_ENDS = re.compile(
    r"The SEARCH section must exactly match an existing block|\^{3} |"
    r"'.+' is not in the subpath of |No filename provided before "
)
"""Last lines of the report that follows ``MALFORMED``."""
EXCEPTION = "Exception while updating files:"
EMPTY = "Empty response received from LLM."
GAVE_UP = re.compile(r"Only \d+ reflections allowed, stopping\.$")
CRASH = re.compile(r"# Uncaught \w+ in ")
REFUSED = re.compile(
    r"Unable to create (?P<create>.+), skipping edits\.$|"
    r"Skipping edits to (?P<ignored>.+?)(?: that matches gitignore spec\.)?$|"
    r"Unable to write file (?P<unwritten>.+?)(?: after \d+ attempts)?: |"
    r"'(?P<outside>.+)' is not in the subpath of "
)

_OURS = (
    "'",
    "/",
    "Added ",
    "Applied edit to ",
    "Attempting to ",
    "Can not create ",
    "Commit ",
    "Committing ",
    "Creating empty file ",
    "Did not apply edit to ",
    "Disabling repo map, ",
    "Dropping ",
    "Don't re-send them.",
    "Failed to ",
    "File not found error: ",
    "Git repo: ",
    "Initial repo scan can be slow ",
    "Just reply with fixed versions of the block",
    "Main model: ",
    "Model: ",
    "Repo-map",
    "Skipping ",
    "Tags cache error: ",
    "Unable to ",
    "Warning for ",
    "Weak model: ",
    "ai-code's fence: ",
    "https://aider.chat/",
    "# The other ",
)
_NOISE = re.compile(
    r"(?:Added .+ to the chat(?: \(read-only\))?\.?|Commit [0-9a-f]{7,} .*|Committing .+ edits\.|"
    r"Creating empty file .+|Can not create .+, skipping\.|Did not apply edit to .+|"
    r"Disabling repo map, .+|Dropping .+ from the chat\.|Failed to generate commit message!|"
    r"File not found error: .+|Git repo: .+|Initial repo scan can be slow .+|Main model: .+|"
    r"Model: \S+ with .+|Weak model: .+|Repo-map: .+|Repo-map can't include .+|"
    r"Skipping edits to .+|Skipping .+ that (?:is not a normal file|matches \w+ spec)\.|"
    r"Unable to create .+, skipping edits\.|Unable to (?:add|write) .+: .+|"
    r"Unable to (?:commit|diff|list files in git repo|read staged files): .+|"
    r"Unable to use tags cache at .+|Tags cache error: .+|Warning for \S+: .+|"
    r"/.+: (?:is a directory|file not found error|unable to read: .+)|"
    r"'NoneType' object has no attribute '\w+'|"
    r"Attempting to .+ edits.*|ai-code's fence: .*|https://aider\.chat/\S*|"
    r"# The other \d+ SEARCH/REPLACE blocks? .+|Don't re-send them\.|"
    r"Just reply with fixed versions of the blocks? above .+)$"
)
_HELD_BETWEEN = (
    *_OURS,
    "Tokens: ",
    "Model ",
    "litellm.",
    "Retrying in ",
    CONTEXT,
    "The LLM did not conform",
    "Exception while ",
    EMPTY,
    "Only ",
    "# Uncaught ",
)
_HELD_IN_REPLY = ("Tokens: ", "Model ")
_ERROR_START = "litellm."
_LONGEST_NAME = 300
_PERMANENT = re.compile(
    r"not found|requires more system memory|out.of.memory|unauthorized|forbidden|"
    r"\b(400|401|403|404)\b|does not support|"
    # Ollama's own word in mid-answer. litellm 1.81 was seen to lock up for ever in its retry.
    r"got unexpected response from ollama",
    re.IGNORECASE,
)
_PATH = re.compile(r"\S*(?:\.\w+|/\S+)$")


def is_permanent(error: str) -> bool:
    """Whether no retry of aider's will mend this error."""
    return _PERMANENT.search(error) is not None


def tokens(line: str) -> tuple[int, int]:
    """Tokens sent and received by a line that ``TOKENS`` matches; aider rounds them (1.2k)."""
    match = _COUNTS.match(line)
    return (_count(match[1]), _count(match[2])) if match else (0, 0)


def _count(text: str) -> int:
    scale = {"k": 1000, "M": 1_000_000}.get(text[-1], 1)
    try:
        return round(float(text.rstrip("kM").replace(",", "")) * scale)
    except ValueError:
        return 0


def one_word(line: str) -> bool:
    """What could be the name of a file on a line of its own."""
    return " " not in line and "\t" not in line and len(line) < _LONGEST_NAME


def is_noise(line: str) -> bool:
    """Between two replies: a line of aider's that says nothing a person needs."""
    return _NOISE.match(line) is not None


def may_be_a_path(line: str) -> bool:
    """One word that looks like a file's name."""
    return _PATH.match(line) is not None


def may_be_ours_between(part: str) -> bool:
    """Whether the beginning of a line, between replies, could become one of aider's, the name
    of a file, or blank."""
    return one_word(part) or not part.strip() or _begins(part, _HELD_BETWEEN)


def passable(part: str, at_start: bool) -> int:
    """How many characters of a reply's line may be shown before it is whole. ``at_start``: none
    of the line was shown yet. An error of litellm's may begin anywhere: a cut answer ends in
    mid-line."""
    if at_start and _begins(part, _HELD_IN_REPLY):
        return 0
    part = part.removesuffix("\r")
    start = part.find(_ERROR_START)
    if start >= 0:
        return start
    for length in range(min(len(_ERROR_START) - 1, len(part)), 0, -1):
        if part.endswith(_ERROR_START[:length]):
            return len(part) - length
    return len(part)


def _begins(part: str, starts: tuple[str, ...]) -> bool:
    return any(part.startswith(start) or start.startswith(part) for start in starts)
