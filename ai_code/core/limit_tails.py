"""What may follow the head of a limit's text: when it resets, and advice.

``TAIL`` knows every tail that was seen; no prose has one. ``OPEN_TAIL`` is for a run that failed:
what it does not know follows a `` · `` or ends a sentence, and a time that it cannot read is left
to the parser, which reads it or not.
"""

from __future__ import annotations

from ai_code.core.limit_rule import LimitRule

_TIME = r"(?:\d{1,2}(?::\d{2})? ?[apAP][mM]|\d{1,2}:\d{2})"
_DATE = r"[A-Z][a-z]{2,8} \d{1,2}(?:, \d{4})?"
WHEN = rf"(?:(?:{_DATE}(?:, | at ))?{_TIME}|{_DATE})(?: \([A-Za-z0-9_+/:-]{{1,40}}\))?"
RESETS = rf"(?:(?: ·)? resets (?:at |on )?(?P<reset>{WHEN}))?"
MUST_RESET = rf" · resets (?:at |on )?(?P<reset>{WHEN})"
MORE = (
    r"(?: · (?:progress saved|out of usage credits"
    r"|ask your admin(?: for a higher limit| to raise it(?: at \S+)?)?"
    r"|contact (?:your|an) admin[a-z ]*|add funds(?: to continue)?|/upgrade"
    r"|run /[a-z-]+ to [^·]{1,120}|/[a-z-]+ to [^·.]{1,60}|raise it at \S+|visit \S+ to raise it"
    r"|manage it in admin settings on the web"
    r"|an org owner or channel manager can raise it in the channel's Claude settings))*"
)
ADVICE = (
    r"(?:\. (?:Switch to another model(?:, or manage usage credits at \S+,)? to continue\."
    r"|Run /usage-credits to [^.]{1,120}\.|/model to switch models\.|See Usage in Settings\.?))?\.?"
)
TAIL = RESETS + MORE + ADVICE

_TIMELIKE = (
    r"(?=(?:in )?\d|in an? |today|tomorrow|noon|midnight"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b)"
)
_ENDS = r"(?=$| · |[.!]$|[.!] (?!\d)|(?<=[)mM])[.!] |(?<=\)),? (?:or |/))"
OPEN_RESET = (
    r"(?:(?P<dot> · )|(?:,| [-–—]|(?P<round> \()|\.(?= [IY]))?(?(round)| ))"
    r"(?:(?:It|it|Your limit|your limit) )?(?:resets|will reset) (?:at |on )?"
    rf"(?(dot)|{_TIMELIKE})"
    rf"(?P<reset>[^·()\n]{{1,40}}?(?: \([^()\n]{{1,40}}\))?)(?(round)\)){_ENDS}"
)
"""After a `` · `` any few words, else only what begins as a time does."""
OPEN_REST = r"(?:(?: · (?!resets )| [–—] (?!resets )|[.!] |(?<=\)),? (?=or |/))[^\n]{0,500}|[.!])?"
OPEN_TAIL = (
    r"(?: for (?:this|the) \w+)?"
    rf"(?:(?: · (?!resets )[^·\n]{{1,200}}){{0,3}}?{OPEN_RESET})?{OPEN_REST}"
)


def can_be_opened(rule: LimitRule) -> bool:
    """Not where a row takes any tail already, or is told from prose by its tail alone."""
    if rule.channel != "text" or MUST_RESET in rule.pattern:
        return False
    return not rule.pattern.endswith((r"[^\n]*", r"[^\n]+", r"[^\n]*)"))


def opened(rule: LimitRule) -> LimitRule:
    """A strict row's twin for a run that failed: the same head, with an open tail."""
    head = rule.pattern.removesuffix(TAIL)
    head = head.replace(MORE, r"(?: · [^·\n]{1,200}){0,4}")
    known = head != rule.pattern
    head = head.removesuffix(r"\.")
    tail = " · something new" if known else ". Something new."
    return rule._replace(
        id=rule.id.replace(".", ".open-", 1),
        channel="exit",
        pattern=f"(?:{head})" + (OPEN_TAIL if known else OPEN_REST),
        reset="clock" if known else rule.reset,
        sample=rule.sample.removesuffix(".") + tail,
    )
