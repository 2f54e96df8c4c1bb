#!/usr/bin/env python3
"""Compiles the C++ of a guide, so that what readers copy works.

usage: check_snippets.py GUIDE COMPILER FLAG...

A block "```cpp file=NAME" is a file of its own; all blocks "```cpp in=on_load" stand, each in braces, in one function
that has a `ctx`. A block of neither kind is an error. Nothing is linked. Exits with 1 if something does not compile.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```cpp(?P<how>[^\n]*)\n(?P<code>.*?)^```$", re.M | re.S)


def files_of(guide: str) -> dict[str, str]:
    files: dict[str, str] = {}
    fragments = []
    for block in BLOCK.finditer(guide):
        how = block["how"].strip()
        if how.startswith("file="):
            files[how.removeprefix("file=")] = block["code"]
        elif how == "in=on_load":
            fragments.append("  {\n" + block["code"] + "  }\n")
        else:
            sys.exit(f"a block is neither a file nor in on_load:\n{block['code']}")
    if fragments:
        files["fragments.cpp"] = (
            "#include <chrono>\n#include <string>\n#include <streamspace/plugin.hpp>\nnamespace ss = streamspace;\n"
            "void fragments(ss::plugin_context& ctx) {\n" + "".join(fragments) + "}\n"
        )
    return files


def main() -> int:
    guide, compiler, *flags = sys.argv[1:]
    files = files_of(pathlib.Path(guide).read_text())
    if not files:
        sys.exit(f"{guide} has no C++")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.write_text(text)
            run = subprocess.run([compiler, *flags, "-fsyntax-only", str(path)], capture_output=True, text=True)
            print(f"{name}: {'compiles' if run.returncode == 0 else 'does not compile'}\n{run.stderr}", end="")
            failed = failed or run.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
