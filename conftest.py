"""For every test of the repository."""

from __future__ import annotations

import os

# Read once, when torch is first imported. Threads that wait for the others of an operator spin otherwise, and where
# the cores have more to do than this one test, each operator then takes a thousand times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
