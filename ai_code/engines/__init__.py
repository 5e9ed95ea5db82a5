"""Workshop: engines translate a task into a command line, and bytes into a verdict. Pure."""
