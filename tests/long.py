"""Tests that have a short form and a long one.

The long forms take minutes: every history instead of each fortieth, each kind of fault at each
point instead of one of them, whole systems for what is tested in parts too. `TRADECAST_LONG=1` asks
for them; those that are tests of their own are marked, and `make long` runs them alone.
"""

from __future__ import annotations

import os

import pytest

LONG = bool(os.environ.get("TRADECAST_LONG"))
long = pytest.mark.long
