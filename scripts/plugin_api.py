#!/usr/bin/env python3
"""Writes docs/plugin-api.md from the headers that plugin authors include, or says whether it is what they say.

usage: plugin_api.py           prints the reference
       plugin_api.py --check   exits with 1 when docs/plugin-api.md differs from it

What stands in it: classes, structs, enumerations, functions and macros with a comment of their own, and of classes what
is public. What has no comment is clear from its name, and stands there bare.
"""

import pathlib
import re
import sys
from typing import Iterator, NamedTuple

# Of this one authors need the macros only.
MACROS_ONLY = "plugins/sdk/plugin_abi.hpp"
ROOT = pathlib.Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "plugin-api.md"
HEADERS = [
    ("The plugin", ["plugins/sdk/plugin_handler.hpp", "plugins/sdk/plugin_abi.hpp", "plugins/sdk/plugin_crash.hpp"]),
    ("Its context", ["plugins/sdk/plugin_context.hpp", "plugins/sdk/plugin_config.hpp"]),
    ("Events", ["plugins/sdk/plugin_events.hpp", "messages/event.hpp", "messages/delivery.hpp",
                "messages/durable_options.hpp", "messages/overflow_policy.hpp"]),
    ("Routes", ["plugins/sdk/plugin_api.hpp", "messages/http_message.hpp"]),
    ("Storage", ["plugins/sdk/plugin_storage.hpp", "plugins/sdk/storage_change.hpp"]),
    ("SQL", ["plugins/sdk/plugin_database.hpp", "plugins/sdk/plugin_migrations.hpp", "plugins/sdk/transaction.hpp",
             "plugins/sdk/row_stream.hpp", "plugins/sdk/plugin_task.hpp", "messages/sql.hpp"]),
    ("Services", ["plugins/sdk/plugin_service.hpp", "plugins/sdk/service_port.hpp"]),
    ("Actors", ["plugins/actor_sdk/actor_plugin.hpp", "plugins/actor_sdk/plugin_messages.hpp"]),
    ("User interface", ["plugins/sdk/plugin_ui.hpp", "messages/ui_component.hpp"]),
    ("Log", ["plugins/sdk/plugin_logger.hpp"]),
    ("The platform's values", ["messages/session.hpp", "messages/user.hpp", "messages/manifest.hpp"]),
    ("Errors", ["messages/error.hpp"]),
    ("Blocking", ["plugins/sdk/blocking_scope.hpp"]),
    ("Testing", ["plugins/testing/plugin_harness.hpp"]),
]


class Item(NamedTuple):
    depth: int
    comment: str
    declaration: str


OPENS_TYPE = re.compile(r"^(?:template <.*>\s*)?(?:class|struct|enum class)\b[^;]*$")


def tidy(text: str) -> str:
    """A declaration in one line, without a body, an initialiser list or a semicolon."""
    text = re.sub(r"\s+", " ", text).strip()
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "(<[") - (character in ")]") - (character == ">" and text[at - 1] != "-")
        if depth == 0 and (character == "{" or (text[at:].startswith(" : ") and ")" in text[:at])):
            text = text[:at]
            break
    return text.rstrip(" ;")


def items_of(header: pathlib.Path) -> Iterator[Item]:
    """Goes through a header by lines and braces. It is our own style that it reads, not all of C++."""
    comment: list[str] = []
    declaration = ""
    in_macro = False
    braces: list[str] = []  # "namespace", "type", "hidden" (private, detail, bodies)
    for line in header.read_text().splitlines():
        text = line.strip()
        if text.startswith("///"):
            if not declaration:
                comment.append(text[3:].removeprefix(" "))
            continue
        macro = re.match(r"#define (STREAMSPACE_\w+(?:\([\w, ]*\))?)", text)
        if macro and comment:
            yield Item(0, "\n".join(comment), macro[1])
        if in_macro or text.startswith("#"):
            in_macro = text.endswith("\\")
            comment = []
            continue
        if not text or text.startswith("//"):
            comment = comment if text else []
            continue
        member, _, after = text.partition("///<")
        if text in ("public:", "private:", "protected:"):
            if braces and braces[-1] in ("type", "private"):
                braces[-1] = "type" if text == "public:" else "private"
            comment, declaration = [], ""
            continue
        declaration += " " + member.split(" // ")[0]
        opened = member.count("{") - member.count("}")
        hidden = any(b in ("hidden", "private") for b in braces)
        depth = sum(b == "type" for b in braces)
        complete = declaration.rstrip().endswith((";", "}", ",")) and declaration.count("(") == declaration.count(")")
        if opened > 0:
            head = tidy(declaration)
            kind = "hidden"
            if declaration.strip().startswith("namespace"):
                kind = "hidden" if "detail" in declaration else "namespace"
            elif OPENS_TYPE.match(head):
                if not hidden:
                    yield Item(depth, "\n".join(comment), head)
                kind = "private" if head.startswith("class") else "type"
            elif not hidden:
                if comment or not head.endswith("override"):
                    yield Item(depth, "\n".join(comment), head)
            braces.extend([kind] + ["hidden"] * (opened - 1))
            comment, declaration = [], ""
        elif opened < 0:
            del braces[opened:]
            comment, declaration = [], ""
        elif complete:
            shown = tidy(declaration)
            if shown.endswith("override") and not comment:
                shown = ""
            boilerplate = re.search(r"= delete|= default$|^friend |^using [a-z_:]+;|operator=|^~|^static_assert|^\}", shown)
            if shown and not hidden and not boilerplate and (depth > 0 or comment):
                yield Item(depth, "\n".join(comment) or after.strip(), shown.rstrip(","))
            comment, declaration = [], ""


def reference() -> str:
    lines = ["# The SDK, by header", "",
             "Made from the comments of the headers by `scripts/plugin_api.py`; [plugin-guide.md](plugin-guide.md) is the way in.",
             "`#include <streamspace/plugin.hpp>` has all of it but the last part, which is `<streamspace/testing.hpp>`.", ""]
    for title, headers in HEADERS:
        lines += [f"## {title}", ""]
        for header in headers:
            items = [i for i in items_of(ROOT / header) if header != MACROS_ONLY or i.declaration.startswith("STREAMSPACE_")]
            if not items:
                sys.exit(f"{header} has nothing to show")
            lines += [f"`<streamspace/{header}>`", ""]
            for item in items:
                lines.append(f"{'  ' * item.depth}- `{item.declaration}`")
                lines += [f"{'  ' * item.depth}  {part}".rstrip() for part in item.comment.split("\n") if item.comment]
            lines.append("")
    return "\n".join(lines)


def main() -> int:
    text = reference()
    if sys.argv[1:] != ["--check"]:
        print(text, end="")
        return 0
    if GUIDE.read_text() == text:
        return 0
    print("docs/plugin-api.md is not what the headers say; scripts/plugin_api.py > docs/plugin-api.md mends it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
