"""ai-code: Claude Code first, a local model when the limit is hit."""

__version__ = "0.1.0"
