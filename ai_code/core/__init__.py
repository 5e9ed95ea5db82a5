"""Study: values and decisions, no I/O."""
