"""Every command and snippet of the documents does what it says.

Blocks of one document run in order, in one folder: TOML and Python blocks whose first line is a comment with a file
name are written to that file, other ``python`` blocks are executed, ``console`` blocks are run line by line. A file of
another page that a document goes on with is there too: "`own.toml` of [your own data](own-data.md)". A package that a
document makes and installs is put on the path with its entry points, as pip would.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import tomli

from vtcore.cli import main

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "datasets/*.md", "plugins/nets/*.md", "plugins/*/*/*.md")
    for path in REPOSITORY.glob(pattern)
    if path.name != "CHANGELOG.md"
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TAKEN_OVER = re.compile(r"`([\w-]+\.toml)`\s+of\s+\[[^\]]+\]\(([\w/.-]+\.md)\)")
_PROMISE = re.compile(r"\s*It prints (`.+?`(?: and `.+?`)*)")
# No camera, no display and no network here: these lines are checked to be refused for that, and only for that.
_REFUSED_HERE = {"vtcore track 0": "no camera|no display", "--show": "no display"}
_ELSEWHERE = re.compile(r"(rtsp|https?)://")


@attrs.frozen
class Block:
    """A fenced block of a document; what it prints, where the text behind it says so."""

    document: Path
    line: int
    language: str
    text: str
    promised: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(REPOSITORY)}:{self.line}"


def _blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        promise = _PROMISE.match(text, match.end())
        promised = tuple(re.findall("`(.+?)`", promise[1])) if promise else ()
        yield Block(document, text.count("\n", 0, match.start()) + 1, match[1], match[2], promised)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_document(document: Path, reader_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = REPOSITORY.parent / "shared" / "data"
    monkeypatch.setenv("VTCORE_DATA", str(data))
    for name, page in _TAKEN_OVER.findall(document.read_text(encoding="utf-8")):
        taken = [each for each in _blocks(document.parent / page) if each.text.startswith(f"# {name}\n")]
        assert taken, f"{document.name}: {page} has no {name}"
        _written(taken[0], reader_folder)
    for block in _blocks(document):
        match block.language:
            case "toml":
                tomli.loads(block.text)
                _written(block, reader_folder)
            case "console":
                for line in block.text.splitlines():
                    _run_line(block, line, reader_folder)
            case "python" if not _written(block, reader_folder):
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})
                assert not block.promised or printed.getvalue().splitlines() == list(block.promised), block.place
            case "python" | "text" | "ini":
                pass
            case other:
                pytest.fail(f"{block.place}: no one runs blocks of {other!r}")


def test_links_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(REPOSITORY)}: {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert not broken


def test_commands_mean_the_same_to_every_shell() -> None:
    """zsh takes brackets and stars without quotes for names of files, and refuses the command where there are none."""
    loose = [
        f"{block.place}: {line}"
        for document in DOCUMENTS
        for block in _blocks(document)
        if block.language == "console"
        for line in block.text.splitlines()
        if re.search(r"[\[\]*?{}]", re.sub(r"'[^']*'|\"[^\"]*\"|\s#.*", "", line))
    ]
    assert not loose


def test_pages_read_one_after_another_do_not_collide() -> None:
    """A run refuses a folder that holds a run: who reads on in one folder must not be stopped by an earlier page."""
    pages = [REPOSITORY / "README.md", *_guide()]
    taken: dict[str, str] = {}
    for page in pages:
        for folder in _run_folders(page):
            assert folder not in taken, f"{page.name}: {taken[folder]} has left a run in {folder}"
        taken |= dict.fromkeys(_run_folders(page), page.name)


def _guide() -> list[Path]:
    """Return the pages of the user guide, in the order of the site."""
    text = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    part = text[text.index("\n  - Use:") : text.index("\n  - Choose:")]
    return [REPOSITORY / "docs" / name for name in re.findall(r"(?<=: )\S+\.md$", part, re.MULTILINE)]


def _run_folders(page: Path) -> set[str]:
    """Return the folders into which the commands and snippets of a page run."""
    folders = set()
    for block in _blocks(page):
        if block.language == "python":
            folders |= set(re.findall(r"""output"?[:=] ?"(runs/\S+?)\"""", block.text))
        for line in block.text.splitlines() if block.language == "console" else ():
            named = re.findall(r"(?:--output |run\.output=)(runs/\S+)", line)
            if run := re.match(r"vtcore (run|sweep) (\S+)\.toml", line):
                stem = Path(run[2]).stem
                named = named or [f"runs/{stem}" if run[1] == "run" else f"runs/{stem}-sweep"]
            folders |= set(named)
    return folders


def _written(block: Block, folder: Path) -> bool:
    name = re.match(r"# ([\w./-]+\.(?:toml|py))\b", block.text)
    if name is None:
        return False
    path = folder / name[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return True


def _run_line(block: Block, line: str, folder: Path) -> None:
    words = shlex.split(line, comments=True)
    if not words:
        return
    command = Path(words[0]).name
    if command == "make":
        done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=REPOSITORY, capture_output=True, check=False)
        assert done.returncode == 0, f"{block.place}: {line}: {done.stderr.decode()}"
    elif command == "pip":
        _check_pip(block, words, folder)
    elif command == "vtcore":
        _run_vtcore(block, line, words[1:], folder)
    elif command == "python" and words[1].endswith(".py"):
        _run_script(block, line, words[1:], folder)
    elif command == "cp":
        shutil.copy(folder / words[1], folder / words[2])
    elif command == "pytest":
        _run_module(block, line, words, folder)
    elif words[:3] == ["python", "-m", "build"]:
        pytest.importorskip("build", reason="build is not installed")
        # What builds the package is not fetched, but that of this environment.
        _run_module(block, line, ["build", "--no-isolation", *words[3:]], folder)
    elif words[:3] != ["python3", "-m", "venv"] and words != [".", ".venv/bin/activate"]:
        pytest.fail(f"{block.place}: no one runs {line!r}")


def _check_pip(block: Block, words: list[str], folder: Path) -> None:
    for word in words:
        # Of this repository, or made by the document itself.
        if re.match(r"(vtcore|vtrack-[a-z-]+)(\[|$)", word):
            name = word.partition("[")[0]
            assert name in _distributions() or name in _made(folder), f"{block.place}: there is no {word}"
    for flag, value in itertools.pairwise(words):
        if flag in ("-e", "-c"):
            path = value.partition("[")[0]
            if (folder / path / "pyproject.toml").exists():
                _put_on_path(folder / path, folder / "site")
            else:
                assert (REPOSITORY / path).exists(), f"{block.place}: {value} does not exist"


@functools.cache
def _distributions() -> frozenset[str]:
    """Return the names of the distributions of this repository."""
    manifests = [
        path
        for pattern in ("", "datasets", "plugins/*", "plugins/*/*")
        for path in REPOSITORY.glob(f"{pattern}/pyproject.toml".lstrip("/"))
    ]
    return frozenset(tomli.loads(path.read_text(encoding="utf-8"))["project"]["name"] for path in manifests)


def _made(folder: Path) -> set[str]:
    """Return the names of the packages that the document has made."""
    return {
        tomli.loads(path.read_text(encoding="utf-8"))["project"]["name"] for path in folder.glob("**/pyproject.toml")
    }


def _run_module(block: Block, line: str, words: list[str], folder: Path) -> None:
    """Run a module as a program, beside the packages that the document made."""
    environment = os.environ | {"PYTHONPATH": str(folder / "site")}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.place}: {line}: {done.stdout[-2000:]}{done.stderr}"


def _run_script(block: Block, line: str, words: list[str], folder: Path) -> None:
    """Run a script that the document made, or one of the repository, which wants an empty folder."""
    script, working = folder / words[0], folder
    if not script.exists():
        script, working = REPOSITORY / words[0], folder / "empty"
        working.mkdir()
    command = [sys.executable, str(script), *words[1:]]
    done = subprocess.run(command, cwd=working, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.place}: {line}: {done.stderr}"


def _put_on_path(package: Path, site: Path) -> None:
    """Do what an editable install does, without pip and an index."""
    project = tomli.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site.mkdir(exist_ok=True)
    for source in (package / "src").iterdir():
        (source / "__init__.py").touch()
        (site / source.name).symlink_to(source)
    information = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        f"Summary: {project.get('description', '')}\nRequires-Python: {project.get('requires-python', '')}\n"
        + "".join(f"Requires-Dist: {requirement}\n" for requirement in project["dependencies"])
    )
    points = project["entry-points"]["vtcore"].items()
    (information / "entry_points.txt").write_text("[vtcore]\n" + "".join(f"{k} = {v}\n" for k, v in points))


def _run_vtcore(block: Block, line: str, words: list[str], folder: Path) -> None:
    if _ELSEWHERE.search(line):
        words = [word for word in words if not _ELSEWHERE.match(word)] + ["--help"]
    expected = next((text for part, text in _REFUSED_HERE.items() if part in line), None)
    status, output = _status(words, folder)
    if expected is None:
        assert status == 0, f"{block.place}: {line}: exit status {status}: {output}"
    else:
        assert status == 2, f"{block.place}: {line}: exit status {status}, expected to be refused"
        assert re.search(expected, output), f"{block.place}: {line}: {output}"


def _status(words: list[str], folder: Path) -> tuple[int, str]:
    site = folder / "site"
    if site.exists():  # a package of the document's own: it is found by a new process only
        environment = os.environ | {"PYTHONPATH": str(site)}
        command = [sys.executable, "-m", "vtcore", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        try:
            status = main(words)
        except SystemExit as stop:
            status = int(stop.code or 0)
    return status, errors.getvalue()
