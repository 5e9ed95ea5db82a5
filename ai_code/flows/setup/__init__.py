"""``ai-code setup``: from a bare machine to a working fallback, step by step."""
