"""``python -m vtcore``."""

from __future__ import annotations

import sys

from vtcore.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
