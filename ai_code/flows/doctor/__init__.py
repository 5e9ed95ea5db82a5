"""``ai-code doctor``: one file per topic, each check a small function over the ports."""
