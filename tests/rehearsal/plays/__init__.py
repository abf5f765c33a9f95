"""The plays, a file each; `script.py` says what one has."""
