"""Puts READMEs and changelogs that stand beside the code into the site, and looks after what the site refers to.

The repository's README is the site's first page; ``plugins/mot/sort/README.md`` is ``packages/mot/sort``. All links
stay as they are in the files, so that they also lead somewhere where the files are read in the repository. The site
works where its files are opened in a browser, without a server: search too.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("plugins/*/*", "plugins/nets", "datasets")
WORKERS = "assets/workers_of_files.js"
TABLES = "assets/tables.css"
_LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(#[^)\s]*)?(?=\))")
_NAMED = re.compile(r"`((?:docs|benchmarks)/[\w/-]+\.md)`")
_FOREIGN = re.compile(
    r"<(?:script|img|iframe)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|preload|preconnect))[^>]*\bhref=[\"']?(?:https?:)?//"
)


def _outside_pages() -> dict[str, str]:
    """Return the page of the site for each file outside of docs/, both as paths with slashes."""
    pages = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "benchmarks/README.md": "benchmarks.md"}
    for folder in sorted(folder for pattern in PACKAGES for folder in REPOSITORY.glob(pattern)):
        path = folder.relative_to(REPOSITORY).as_posix()
        if (folder / "pyproject.toml").exists():
            name = f"packages/{path.removeprefix('plugins/')}"
            pages |= {f"{path}/README.md": f"{name}/index.md", f"{path}/CHANGELOG.md": f"{name}/changelog.md"}
    return {path: page for path, page in pages.items() if (REPOSITORY / path).exists()}


def _file_of_page(page: str) -> str:
    """Return the file in the repository that a page is made from."""
    return next((path for path, name in _outside_pages().items() if name == page), f"docs/{page}")


def _page_of_file(path: str) -> str | None:
    """Return the page that is made from a file in the repository, None where there is none."""
    return _outside_pages().get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages of the packages to the navigation, and the script that lets search work without a server."""
    config.extra["polyfills"] = [WORKERS]  # loaded before the theme's own scripts
    config.extra_css.append(TABLES)
    pages = [page for page in _outside_pages().values() if page.startswith("packages/")]
    families: dict[str, list[dict[str, object]]] = {}
    for index in (page for page in pages if page.endswith("/index.md")):
        folder = posixpath.dirname(index)
        family, _, name = folder.removeprefix("packages/").rpartition("/")
        shown = [{"README": index}, {"Changelog": f"{folder}/changelog.md"}]
        families.setdefault(family, []).append({name: [page for page in shown if next(iter(page.values())) in pages]})
    entries: list[object] = [{family: packages} for family, packages in families.items() if family]
    if config.nav is None:
        raise PluginError("mkdocs.yml has no nav")
    config.nav.append({"Packages": [*entries, *families.get("", [])]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside of docs/, and those of the site itself."""
    for asset in (WORKERS, TABLES):
        files.append(File.generated(config, asset, abs_src_path=str(Path(__file__).parent / Path(asset).name)))
    for path, page in _outside_pages().items():
        files.append(File.generated(config, page, abs_src_path=str(REPOSITORY / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository into links to their pages.

    READMEs of packages have no such links, since nobody could follow them where an index of packages shows them. They
    name files of the repository, and here the names lead to the pages.
    """
    uri = page.file.src_uri
    if uri.startswith("packages/"):
        markdown = _NAMED.sub(lambda match: f"[{match[0]}](/{match[1]})", markdown)
    folder = posixpath.dirname(_file_of_page(uri))

    def linked(match: re.Match[str]) -> str:
        target = _page_of_file(posixpath.normpath(posixpath.join("/", folder, match[1])).lstrip("/"))
        if target is None:
            return match[0]  # a warning of mkdocs tells where
        return posixpath.relpath(target, posixpath.dirname(uri) or ".") + (match[2] or "")

    return _LINK.sub(linked, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave one colon of the two by which docstrings introduce code, as reStructuredText has it."""
    return html.replace("::</p>", ":</p>")


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse pages that load something from elsewhere: the site is read offline, and tells nobody who reads it.

    Raises:
        PluginError: A script, style sheet, picture or frame of another server.
    """
    if found := _FOREIGN.search(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {found[0]}")
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """Write the index of the search as a script, too: that is where the theme looks for it without a server."""
    index = Path(config.site_dir) / "search" / "search_index.json"
    index.with_suffix(".js").write_text(f"var __index = {index.read_text(encoding='utf-8')}", encoding="utf-8")
