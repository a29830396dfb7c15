"""What ``nox -s faults`` runs and nothing else does."""

from __future__ import annotations

import os

import pytest

long_only = pytest.mark.skipif(
    os.environ.get("TASKCORE_FAULTS") != "long",
    reason="takes long, and its kind of fault has a short form elsewhere: nox -s faults",
)
