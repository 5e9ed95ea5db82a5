"""Front door: one file per command, options beside it, no logic."""
