"""The kit works without pytest, and brings nothing heavy before it is used."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_checks_without_pytest() -> None:
    code = (
        "import sys\nsys.modules['pytest'] = None\n"
        "from vtcore.testing import check_writer\nprint(len(check_writer('mot-text', quick=True)))\n"
        "from vtcore.errors import MissingPackageError\n"
        "try:\n    from vtcore.testing import plugin_checks\nexcept MissingPackageError as error:\n    print(error)\n"
    )
    count, message = run(code).splitlines()
    assert int(count) > 10
    assert message == (
        "plugin_checks needs pytest: pip install 'vtcore[testing]'; vtcore check-plugin makes the same checks "
        "without it"
    )


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, vtcore.testing\nprint({'numpy', 'torch', 'cv2', 'pytest'} & set(sys.modules))"
    assert run(code) == "set()\n"
