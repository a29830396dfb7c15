"""How texts are compared without case: by their folded form, which storages keep beside them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from unicodedata import normalize


def fold(text: str) -> str:
    """Return the form that two texts share if they differ only in case or in composition (NFC)."""
    # Folding can take characters apart that NFC had put together.
    return normalize("NFC", normalize("NFC", text).casefold())


folded: Final = lru_cache(maxsize=64)(fold)
"""``fold`` for a filter, which may look for a hundred words in one text after the other."""
