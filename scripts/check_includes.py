#!/usr/bin/env python3
"""Refuses an #include that crosses a layer. The rules are the tables below; docs/architecture.md says why.

usage: check_includes.py [--root FOLDER]
Prints one line for each violation (file:line: sentence) and exits with 1 if there is one.
"""

import argparse
import pathlib
import re
import sys
from typing import Iterator, NamedTuple, Optional

EVERYTHING = {"messages", "persistence", "plugins", "http", "actors"}

# Which folders a folder may include as <streamspace/FOLDER/...>.
LAYERS = {
    "messages": {"messages"},
    "persistence": {"messages", "persistence"},
    "plugins": {"messages", "plugins"},
    "http": {"messages", "http"},
    "actors": {"messages", "persistence", "plugins", "actors"},
    "include": EVERYTHING,
    "cli": EVERYTHING,
    "bench": EVERYTHING,
    "tests": EVERYTHING,
    "examples": EVERYTHING,
}

# Which paths may include a library. Any other library may be included by everyone.
LIBRARIES = {
    "caf": ("messages/caf/", "plugins/actor_sdk/", "actors/", "http/actor_gateway", "cli/", "bench/", "tests/", "examples/"),
    "boost/beast": ("http/", "bench/", "tests/"),
    "boost/asio": ("http/", "bench/", "tests/"),
    "pqxx": ("persistence/", "bench/", "tests/"),
    "libpq-fe.h": ("persistence/", "bench/", "tests/"),
    "date": ("plugins/schedule/", "tests/"),
}

# Headers that must stay free of heavy libraries, in themselves and in all of ours that they reach: values, and what a
# plugin author includes.
LIGHT = (
    re.compile(r"messages/[^/]+\.hpp"),
    re.compile(r"plugins/sdk/[^/]+\.hpp"),
    re.compile(r"plugins/schedule/[^/]+\.hpp"),
    re.compile(r"include/streamspace/[^/]+\.hpp"),
)
HEAVY = ("caf", "boost", "pqxx", "date")
# Who includes one of these has asked for CAF.
HEAVY_BY_CHOICE = {"include/streamspace/actor_plugin.hpp"}

INCLUDE = re.compile(r'\s*#\s*include\s*(?P<open>[<"])(?P<name>[^>"]+)[>"]')


class Include(NamedTuple):
    line: int
    name: str
    quoted: bool


class Violation(NamedTuple):
    path: str
    line: int
    sentence: str


def within(name: str, library: str) -> bool:
    return name == library or name.startswith(library + "/")


class Tree:
    """The includes of every source file below the layer folders, by path from the root."""

    def __init__(self, root: pathlib.Path):
        self.includes: dict[str, list[Include]] = {}
        for folder in sorted(LAYERS):
            for path in sorted((root / folder).rglob("*")):
                if path.suffix in (".hpp", ".cpp"):
                    self.includes[path.relative_to(root).as_posix()] = list(read_includes(path))

    def file_of(self, name: str) -> Optional[str]:
        """The file that <name> means, where it is one of ours."""
        if not name.startswith("streamspace/"):
            return None
        rest = name.removeprefix("streamspace/")
        path = rest if "/" in rest else f"include/{name}"
        return path if path in self.includes else None


def read_includes(path: pathlib.Path) -> Iterator[Include]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if match := INCLUDE.match(line):
                yield Include(number, match["name"], match["open"] == '"')


def folders_reached(tree: Tree, name: str, seen: frozenset = frozenset()) -> set[str]:
    """The layer folders that <name> stands for: its own, or for an umbrella header those it gathers."""
    rest = name.removeprefix("streamspace/")
    if "/" in rest:
        return {rest.split("/")[0]}
    umbrella = tree.file_of(name)
    if umbrella is None or umbrella in seen:
        return set()
    reached: set[str] = set()
    for include in tree.includes[umbrella]:
        if include.name.startswith("streamspace/"):
            reached |= folders_reached(tree, include.name, seen | {umbrella})
    return reached


def check_layers(tree: Tree) -> Iterator[Violation]:
    for path, includes in tree.includes.items():
        folder = path.split("/")[0]
        for include in includes:
            if include.quoted and folder in EVERYTHING | {"include"}:
                yield Violation(path, include.line, f'"{include.name}" is written <streamspace/FOLDER/NAME.hpp> here')
            if not include.name.startswith("streamspace/"):
                continue
            for reached in sorted(folders_reached(tree, include.name) - LAYERS[folder]):
                allowed = ", ".join(sorted(LAYERS[folder]))
                yield Violation(path, include.line,
                                f"{folder} must not include {reached} (<{include.name}>); it may include {allowed}")


def check_libraries(tree: Tree) -> Iterator[Violation]:
    for path, includes in tree.includes.items():
        if path in HEAVY_BY_CHOICE:
            continue
        for include in includes:
            for library, places in LIBRARIES.items():
                if within(include.name, library) and not path.startswith(places):
                    yield Violation(path, include.line,
                                    f"<{include.name}> may be included only below {', '.join(places)}")


def way_to_heavy(tree: Tree, path: str, seen: set[str]) -> Optional[tuple[int, list[str]]]:
    """The line in path where a way to a heavy library begins, and the names along it."""
    seen.add(path)
    for include in tree.includes[path]:
        if any(within(include.name, library) for library in HEAVY):
            return include.line, [include.name]
        following = tree.file_of(include.name)
        if following is None or following in seen:
            continue
        if further := way_to_heavy(tree, following, seen):
            return include.line, [include.name, *further[1]]
    return None


def check_light(tree: Tree) -> Iterator[Violation]:
    for path in tree.includes:
        if path in HEAVY_BY_CHOICE or not any(light.fullmatch(path) for light in LIGHT):
            continue
        if way := way_to_heavy(tree, path, set()):
            line, names = way
            yield Violation(path, line, f"this header must stay free of {', '.join(HEAVY)}, but it reaches "
                                        + " -> ".join(f"<{name}>" for name in names))


def check_folders(root: pathlib.Path) -> Iterator[Violation]:
    for folder in sorted(root.iterdir()):
        if not folder.is_dir() or folder.name in LAYERS or folder.name.startswith(".") or folder.name in ("build", "var"):
            continue
        stray = next((path for path in sorted(folder.rglob("*")) if path.suffix in (".hpp", ".cpp")), None)
        if stray:
            yield Violation(stray.relative_to(root).as_posix(), 1, f"the folder {folder.name} has no layer in this check")


def main() -> int:
    arguments = argparse.ArgumentParser(description="Refuses an #include that crosses a layer.")
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = arguments.parse_args().root
    tree = Tree(root)
    if not tree.includes:
        print(f"{root} has none of the project's folders with a source file in them", file=sys.stderr)
        return 2
    violations = sorted([*check_folders(root), *check_layers(tree), *check_libraries(tree), *check_light(tree)])
    for violation in violations:
        print(f"{violation.path}:{violation.line}: {violation.sentence}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
