"""Hall: one file per use case; the world is seen only through the ports."""
