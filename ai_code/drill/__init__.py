"""Stand-ins of the Anthropic and Ollama APIs, for the drill and the tests."""
