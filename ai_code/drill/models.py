"""Models as an Ollama server describes them, with the numbers that memory formulas read.

Architecture numbers are those of the models' published configurations (GGUF keys
``<architecture>.block_count`` and so on); sizes are the files of the default quantisation.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_RESERVE = 300_000_000
_MODIFIED_AT = "2026-08-01T12:00:00Z"


@dataclass(frozen=True, slots=True)
class FakeModel:
    """One installed model. ``size`` in bytes; ``context`` in tokens is what it was trained for.

    ``head_count_kv`` may be less than ``head_count`` (grouped attention). ``key_length`` and
    ``value_length`` None leaves those keys out, as many models do. ``extra_info`` is merged into
    ``model_info`` (a sliding window, for example). ``in_vram`` is the part of the loaded model
    that lies in GPU memory, 0-1. ``loads_up_to`` is the longest context for which the machine
    has memory: None without end, 0 for a model that never loads.
    """

    name: str
    size: int = 4_000_000_000
    context: int = 16384
    architecture: str = "llama"
    parameter_size: str = "7B"
    quantization: str = "Q4_0"
    layers: int = 32
    embedding_length: int = 4096
    head_count: int = 32
    head_count_kv: int = 32
    key_length: int | None = None
    value_length: int | None = None
    capabilities: tuple[str, ...] = ("completion",)
    parameters: str = ""
    extra_info: Mapping[str, Any] = field(default_factory=dict)
    in_vram: float = 0.0
    loads_up_to: int | None = None
    parent: str = ""
    """The model that it was derived from."""
    modified_at: str = _MODIFIED_AT
    """When it was pulled or made, as /api/tags tells it."""

    @property
    def num_ctx(self) -> int | None:
        """The context that it is loaded with by a request that does not say one."""
        found = re.search(r"^num_ctx\s+(\d+)", self.parameters, re.MULTILINE)
        return int(found.group(1)) if found else None

    @property
    def tag(self) -> str:
        """The full name: ``latest`` where no tag was given."""
        return full_name(self.name)

    @property
    def digest(self) -> str:
        """A digest that depends on name and size only."""
        return hashlib.sha256(f"{self.tag} {self.size}".encode()).hexdigest()

    @property
    def details(self) -> dict[str, Any]:
        """The ``details`` of /api/tags, /api/show and /api/ps."""
        return {
            "parent_model": self.parent,
            "format": "gguf",
            "family": self.architecture,
            "families": [self.architecture],
            "parameter_size": self.parameter_size,
            "quantization_level": self.quantization,
        }

    def tags_row(self) -> dict[str, Any]:
        """Its row in /api/tags."""
        return {
            "name": self.tag,
            "model": self.tag,
            "modified_at": self.modified_at,
            "size": self.size,
            "digest": self.digest,
            "details": self.details,
        }

    def show(self) -> dict[str, Any]:
        """The answer of /api/show."""
        return {
            "modelfile": f"FROM {self.tag}\n",
            "parameters": self.parameters,
            "template": "{{ .System }}\n{{ .Prompt }}",
            "details": self.details,
            "model_info": self._model_info(),
            "capabilities": list(self.capabilities),
            "modified_at": self.modified_at,
        }

    def ps_row(self, num_ctx: int, expires_at: str) -> dict[str, Any]:
        """Its row in /api/ps once it is loaded: weights, the f16 KV cache and a reserve."""
        head = self.embedding_length // self.head_count
        both = (self.key_length or head) + (self.value_length or head)
        size = self.size + self.layers * self.head_count_kv * both * num_ctx * 2 + _RESERVE
        return {
            "name": self.tag,
            "model": self.tag,
            "size": size,
            "digest": self.digest,
            "details": self.details,
            "expires_at": expires_at,
            "size_vram": int(size * self.in_vram),
            "context_length": num_ctx,
        }

    def _model_info(self) -> dict[str, Any]:
        arch = self.architecture
        info: dict[str, Any] = {
            "general.architecture": arch,
            "general.file_type": 2,
            f"{arch}.block_count": self.layers,
            f"{arch}.context_length": self.context,
            f"{arch}.embedding_length": self.embedding_length,
            f"{arch}.attention.head_count": self.head_count,
            f"{arch}.attention.head_count_kv": self.head_count_kv,
        }
        if self.key_length is not None:
            info[f"{arch}.attention.key_length"] = self.key_length
        if self.value_length is not None:
            info[f"{arch}.attention.value_length"] = self.value_length
        return {**info, **self.extra_info}


def derived(old: FakeModel, name: str, parameters: Mapping[str, Any]) -> FakeModel:
    """What /api/create makes of a model: the same weights with parameters of their own, which
    /api/show tells as lines."""
    known = dict(line.split(None, 1) for line in old.parameters.splitlines() if line.strip())
    told = {**known, **{key: str(value) for key, value in parameters.items()}}
    lines = "\n".join(f"{key:<30} {value}" for key, value in told.items())
    return replace(old, name=name, parameters=lines, parent=old.tag)


def full_name(name: str) -> str:
    """``codellama`` is ``codellama:latest``."""
    return name if ":" in name else f"{name}:latest"


def pull_rows(model: FakeModel | None, failure: str | None, begun: int = 0) -> list[dict[str, Any]]:
    """The lines of /api/pull; the last one says success or the error. None: no such model.
    ``begun`` is what an attempt before this one left, in bytes: it is gone on with there."""
    rows: list[dict[str, Any]] = [{"status": "pulling manifest"}]
    if model is None:
        return [*rows, {"error": "pull model manifest: file does not exist"}]
    layer = {
        "status": f"pulling {model.digest[:12]}",
        "digest": f"sha256:{model.digest}",
        "total": model.size,
    }
    rows.append({**layer, "completed": begun} if begun else dict(layer))
    quarters = range(1, 3 if failure else 5)
    done = [model.size * quarter // 4 for quarter in quarters]
    rows += [{**layer, "completed": each} for each in done if each > begun]
    if failure:
        return [*rows, {"error": failure}]
    ends = ("verifying sha256 digest", "writing manifest", "success")
    return [*rows, *({"status": status} for status in ends)]


DEEPSEEK_CODER = FakeModel("deepseek-coder:6.7b", size=3_827_834_503)
QWEN_CODER = FakeModel(
    "qwen2.5-coder:7b",
    size=4_683_087_561,
    context=32768,
    architecture="qwen2",
    parameter_size="7.6B",
    quantization="Q4_K_M",
    layers=28,
    embedding_length=3584,
    head_count=28,
    head_count_kv=4,
    capabilities=("completion", "tools", "insert"),
)
CODELLAMA = FakeModel("codellama:7b", size=3_825_910_662)
GPT_OSS = FakeModel(
    "gpt-oss:20b",
    size=13_793_441_244,
    context=131072,
    architecture="gptoss",
    parameter_size="20.9B",
    quantization="MXFP4",
    layers=24,
    embedding_length=2880,
    head_count=64,
    head_count_kv=8,
    key_length=64,
    value_length=64,
    capabilities=("completion", "tools", "thinking"),
    extra_info={"gptoss.attention.sliding_window": 128},
)
PRESETS = {model.name: model for model in (DEEPSEEK_CODER, QWEN_CODER, CODELLAMA, GPT_OSS)}
