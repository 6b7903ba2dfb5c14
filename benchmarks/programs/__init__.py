"""The programs that measure: children of compare.py and waiting.py, one per file."""
