"""What the documents are made of: generated tables, the manual page, and what was translated
from what. ``tools/write_docs.py`` writes; ``tests/test_generated_docs.py`` compares."""
