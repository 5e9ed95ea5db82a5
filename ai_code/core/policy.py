"""Which models may be used at all. The same rules wherever one is chosen, pulled or run."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ai_code.core.catalogue import Catalogue, Maker


@dataclass(frozen=True, slots=True)
class Policy:
    """What ``models.exclude-countries``, ``exclude-makers``, ``allow`` and ``deny`` say.

    Every rule must let a model pass. ``allow`` and ``deny`` are patterns of names; with
    ``allow``, only models that match it are used. A model whose maker nobody knows passes a
    rule about makers or countries only where ``allow`` names it.
    """

    exclude_countries: tuple[str, ...] = ()
    exclude_makers: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.exclude_countries or self.exclude_makers or self.allow or self.deny)

    def refusal(self, name: str, maker: Maker) -> str:
        """Why the model may not be used, naming the rule; empty where it may."""
        if pattern := _match(name, self.deny):
            return f"models.deny has {pattern}"
        allowed = _match(name, self.allow)
        if self.allow and not allowed:
            return f"models.allow does not name it (it has {', '.join(self.allow)})"
        if not maker.name:
            rule = self._about_makers()
            return "" if allowed or not rule else f"its maker is not known, and {rule} is set"
        if any(maker.name.casefold() == each.casefold() for each in self.exclude_makers):
            return f"models.exclude-makers has {maker.name}"
        if any(maker.country == each.upper() for each in self.exclude_countries):
            return f"models.exclude-countries has {maker.country} ({maker.name})"
        return ""

    def refusal_of(
        self, name: str, catalogue: Catalogue, show: Callable[[str], Mapping[str, Any]]
    ) -> str:
        """The same of a model that a server has. Its own file is asked (``show``) only where its
        name does not tell the maker, and a rule is about makers."""
        if not self:
            return ""
        maker = catalogue.maker(name)
        told = self.refusal(name, maker)
        if told and not maker.name:
            return self.refusal(name, catalogue.maker(name, show(name)))
        return told

    def _about_makers(self) -> str:
        if self.exclude_countries:
            return "models.exclude-countries"
        return "models.exclude-makers" if self.exclude_makers else ""


def _match(name: str, patterns: tuple[str, ...]) -> str:
    """The first pattern that the name matches, with or without its tag and its registry."""
    name = name.lower()
    forms = {name, name.split(":", 1)[0], name.rsplit("/", 1)[-1]}
    forms |= {form.removesuffix(":latest") for form in forms}
    forms.add(name.rsplit("/", 1)[-1].split(":", 1)[0])
    return next((p for p in patterns if any(fnmatchcase(f, p.lower()) for f in forms)), "")
