"""Cellar: processes, sockets, files, git, clock, terminal."""
