#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Makes the drawings: NAME.svg of each NAME.txt in this directory; --check only compares.

A line of a description is one of these; its last field is text, in which | begins a new line.

    size WIDTH HEIGHT TITLE
    frame X Y WIDTH HEIGHT TEXT            what boxes lie in
    box NAME X Y WIDTH HEIGHT TEXT         its first line is in bold
    arrow FROM TO TEXT                     between boxes, by the shortest way; the text may be absent
    note X Y TEXT
"""

import pathlib
import sys
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
LINE = 16
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
     font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">
<title>{title}</title>
<!-- Made by draw.py of {source}. -->
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path d="M0 0 L10 5 L0 10 z" fill="#444"/></marker></defs>
<rect width="{width}" height="{height}" fill="#fff"/>"""


def label(x, y, lines, anchor="start", bold=False, colour="#222"):
    """Lines of text, the first of them around y."""
    for number, line in enumerate(lines):
        weight = ' font-weight="bold"' if bold and number == 0 else ""
        yield (
            f'<text x="{x:g}" y="{y + number * LINE:g}" text-anchor="{anchor}"{weight} '
            f'fill="{colour}">{escape(line.strip())}</text>'
        )


def between(one, other):
    """Where an arrow between two boxes begins and ends: straight, if they face each other."""

    def axis(a, a_len, b, b_len):
        low, high = max(a, b), min(a + a_len, b + b_len)
        if low < high:
            return (low + high) / 2, (low + high) / 2
        return (a + a_len, b) if a < b else (a, b + b_len)

    x1, x2 = axis(one[0], one[2], other[0], other[2])
    y1, y2 = axis(one[1], one[3], other[1], other[3])
    return x1, y1, x2, y2


def draw(source):
    """The SVG of a description."""
    boxes = {}
    out = []
    for line in source.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, rest = line.split(maxsplit=1)
        if kind == "size":
            width, height, title = rest.split(maxsplit=2)
            out.append(HEAD.format(width=width, height=height, title=title, source=source.name))
        elif kind == "frame":
            *numbers, text = rest.split(maxsplit=4)
            x, y, w, h = map(int, numbers)
            out.append(
                f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="#f4f6f8" stroke="#9aa5b1"/>'
            )
            out += label(x + 10, y + 18, text.split("|"), colour="#52606d")
        elif kind == "box":
            name, *numbers, text = rest.split(maxsplit=5)
            x, y, w, h = boxes[name] = tuple(map(int, numbers))
            lines = text.split("|")
            out.append(
                f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4" fill="#e3edf7" stroke="#33658a"/>'
            )
            top = y + h / 2 + 4 - (len(lines) - 1) * LINE / 2
            out += label(x + w / 2, top, lines, "middle", bold=True)
        elif kind == "arrow":
            one, other, *text = rest.split(maxsplit=2)
            x1, y1, x2, y2 = between(boxes[one], boxes[other])
            out.append(
                f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="#444" marker-end="url(#head)"/>'
            )
            for words in text:
                lines = words.split("|")
                if y1 == y2:
                    out += label((x1 + x2) / 2, y1 - 6 - (len(lines) - 1) * LINE, lines, "middle")
                else:
                    out += label((x1 + x2) / 2 + 7, (y1 + y2) / 2 + 4 - (len(lines) - 1) * LINE / 2, lines)
        elif kind == "note":
            x, y, text = rest.split(maxsplit=2)
            out += label(int(x), int(y), text.split("|"))
        else:
            raise ValueError(f"{source}: what is {kind}?")
    return "\n".join([*out, "</svg>", ""])


def main():
    status = 0
    for source in sorted(HERE.glob("*.txt")):
        made = source.with_suffix(".svg")
        svg = draw(source)
        if sys.argv[1:] != ["--check"]:
            made.write_text(svg)
        elif not made.exists() or made.read_text() != svg:
            print(f"{made.name} is not what {source.name} says: run Documentation/drawings/draw.py")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
