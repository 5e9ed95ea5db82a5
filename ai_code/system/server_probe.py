"""What only the doctor asks an Ollama server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ai_code.system.ollama import OllamaServer


class OllamaProbe(OllamaServer):
    """See ``core.ports_machine.ServerProbe``."""

    def loaded_rows(self) -> Sequence[Mapping[str, Any]]:
        return self._rows("/api/ps")

    def generate(self, name: str, prompt: str, tokens: int, context: int, timeout_s: float) -> str:
        options = {"num_predict": tokens} | ({"num_ctx": context} if context else {})
        body = {
            "model": name,
            "prompt": prompt,
            "stream": False,
            "options": options,
        }
        answer = self._object("POST", "/api/generate", body, timeout_s=timeout_s)
        return str(answer.get("response", ""))
