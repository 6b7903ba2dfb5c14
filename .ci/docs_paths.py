"""A hook of mkdocs: pages of docs/ are at the top of the site, the others keep their folders."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mkdocs.structure.files import Files


def on_files(files: Files, **_: object) -> Files:
    for file in files:
        file.dest_uri = file.dest_uri.removeprefix("docs/")
    return files
