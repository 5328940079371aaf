"""The compiled module; everything else stands in pyproject.toml."""

import sys

from setuptools import Extension, setup

# Products and sums stay apart: numpy rounds after each, and so must we to give the same digits.
ARGUMENTS = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O3", "-ffp-contract=off", "-fno-math-errno"]

setup(
    ext_modules=[
        Extension(
            "vtrack_native_mot._loops",
            ["src/vtrack_native_mot/_loops.c"],
            extra_compile_args=ARGUMENTS,
            # Without a compiler the package installs all the same, and trackers go on without it.
            optional=True,
        )
    ]
)
