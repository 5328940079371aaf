"""Plugins that are wrong as a whole, and configs."""

from __future__ import annotations

from wrong_case import Wrong, part, tracker

__all__ = ["WRONG"]

_PLUGIN = (
    Wrong(
        "is-registered",
        "plugin",
        "plugin.py",
        "from vtcore.hookspecs import hookimpl",
        "import something_missing\nfrom vtcore.hookspecs import hookimpl",
        "cannot be imported: ModuleNotFoundError: No module named 'something_missing'; import on use what may "
        "be missing",
    ),
    Wrong(
        "is-registered",
        "plugin",
        "plugin.py",
        "def vtcore_trackers",
        "def vtcore_trakers",
        "unknown hook 'vtcore_trakers'; did you mean 'vtcore_trackers'?",
    ),
    Wrong(
        "is-registered", "plugin", "plugin.py", "@hookimpl\ndef vtcore_detectors", "def vtcore_detectors", "@hookimpl"
    ),
    Wrong(
        "names-are-its-own",
        "plugin",
        "plugin.py",
        'component("writer", "stranger"',
        'component("writer", "mot-text"',
        "writer 'mot-text' is also claimed by plugin 'vtcore' (vtcore 0.1.0): nobody can use it while both are "
        "installed. Give yours a name",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "plugin.py",
        "from vtcore.components import",
        "import torch\nfrom vtcore.components import",
        "/plugin.py:3); the modules of hooks and configs, the package's __init__ too, must not: name classes as "
        "strings",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "config.py",
        "import attrs\n",
        "import attrs\nimport numpy\n",
        "registering it imports numpy (at ",
    ),
    Wrong(
        "imports-nothing-heavy",
        "plugin",
        "plugin.py",
        "from vtcore.components import",
        "print('hello')\nfrom vtcore.components import",
        "print nothing on import",
    ),
    Wrong(
        "commands-load",
        "plugin",
        "greeting.py",
        "def greet(",
        "def greeted(",
        "command 'strangers-greeting': cannot load",
    ),
)

_CONFIG = (
    Wrong(
        "config-documented",
        "tracker:stranger",
        "config.py",
        'option(50.0, "Farthest a centre may move between two frames.", unit="px", gt=0)',
        "50.0",
        'distance does not say what it means, in a sentence; write distance: ... = option(DEFAULT, "What it means',
    ),
    Wrong(
        "config-documented",
        "tracker:stranger",
        "config.py",
        "@attrs.frozen(kw_only=True)\nclass NearestConfig",
        "@attrs.define\nclass NearestConfig",
        "is not frozen; decorate it with @attrs.frozen(kw_only=True)",
    ),
    tracker(
        "options-agree",
        "def __init__(self, distance=50.0):\n        self.config = configs.Nearest",
        "def __init__(self, distance=40.0, speed=3):\n        self.config = configs.Nearest",
        "takes 'speed', which its config lacks; has 40.0 as default of 'distance', but 50.0 stands in the "
        "config; make its "
        "arguments those of",
    ),
    Wrong(
        "toml-round-trip",
        "tracker:stranger",
        "config.py",
        "distance: float = option(50.0,",
        'distance: float = option("50",',
        "let defaults have the type that the field declares",
    ),
    tracker(
        "wrong-options-refused",
        "self.config = configs.NearestConfig(distance=distance)",
        "import types; self.config = types.SimpleNamespace(distance=distance)",
        "target Nearest takes distance=-1.0, which is out of the bounds of its option; let the target make its "
        "config first",
    ),
    tracker(
        "constructs",
        "self.config = configs.NearestConfig(distance=distance)",
        "self.config = open('no/such/weights')",
        "cannot be made with its defaults: FileNotFoundError",
    ),
    tracker(
        "has-the-interface",
        "def reset(self, sequence=None):\n        self.centres",
        "def reset(self, video):\n        self.centres",
        "give it these arguments, with these names and defaults",
        (
            "        self.reset()\n\n    def reset(self, video)",
            "        self.reset(None)\n\n    def reset(self, video)",
        ),
    ),
    part("detector:stranger", "has-the-interface", "    batch_size = 3\n", "", "has no 'batch_size', which"),
)

WRONG = (*_PLUGIN, *_CONFIG)
