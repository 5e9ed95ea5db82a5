"""``ai-code models``: one file per use case."""
