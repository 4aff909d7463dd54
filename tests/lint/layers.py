#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# Checks what files of Rust import: layers.py [TREE]
#
# In the modules an import goes down only, by the table in Documentation/design.md
# (the block `layers`): what a file may import is in the lines before its own, or in
# its own without a circle. A generic wrapper of rust/ names nothing of src/, nor of
# rust/glue; what decides names no kernel type. In no crate do files import each
# other in a circle. Prints what is wrong, and fails then.
import re
import sys
from pathlib import Path

# Where a crate begins, and whether the layers are for it.
CRATES = {
    'src/af_ipn.rs': True,
    'src/kvde_switch/switch.rs': False,
    'tools/ipn/src/lib.rs': False,
    'tools/ipnbench/src/main.rs': False,
    'tools/ipnctl/src/main.rs': False,
    'tools/libvdeplug_ipn/src/lib.rs': False,
}
# What code that decides may name of rust/: words of memory, a moment of rest, what is set once, and what two of its types hold.
FOR_DECIDING = {
    'rust/sync/atomic.rs',
    'rust/sync/relax.rs',
    'rust/sync/set_once.rs',
    'rust/glue/cursor_page.rs',
    'rust/glue/policy_module.rs',
}
KINDS = ('raw', 'wraps', 'decides', 'acts')
TOKEN = re.compile(r'''//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\])\'''',
                   re.DOTALL)


def code_of(path):
    """A file without comments, texts and its tests."""
    text = TOKEN.sub(lambda found: '""' if found[0][0] in '"rb' else ' ', path.read_text())
    text = re.sub(r'pub\(in [^)]*\)', 'pub', text)
    # A module within the file sees the rest of it.
    return re.sub(r'^ +use super::\*;', '', text.split('#[cfg(test)]')[0], flags=re.MULTILINE)


def flat(tree):
    """The paths of a tree of `use`, each a list of names."""
    parts, depth, part = [], 0, ''
    for char in tree:
        depth += (char == '{') - (char == '}')
        if char == ',' and depth == 0:
            parts.append(part)
            part = ''
        else:
            part += char
    for part in filter(None, map(str.strip, parts + [part])):
        head, brace, rest = part.partition('{')
        names = [name for name in head.split(' as ')[0].replace(' ', '').split('::') if name]
        if brace:
            for tail in flat(rest.rsplit('}', 1)[0]):
                yield names + tail
        else:
            yield [name for name in names if name != 'self' or name == names[0]]


class Crate:
    """The files of a crate by module, and what each imports."""

    def __init__(self, tree, root):
        self.tree = tree
        self.files = {}
        self.code = {}
        self.renamed = {}
        self.take(tree / root, (), (tree / root).parent)
        for module in self.code:
            self.renamed[module] = dict(self.reexports(module))
        self.imports = {
            module: {other for other in self.named(module) if other != module}
            for module in self.code
        }

    def take(self, path, module, directory):
        self.files[module] = str(path.resolve().relative_to(self.tree.resolve()))
        code = self.code[module] = code_of(path)
        # The path of an attribute is a text, so it is looked for in the file itself.
        named = dict((name, at) for at, name in re.findall(
            r'#\[path = "([^"]*)"\]\s*(?:pub(?:\([a-z]*\))? )?mod (\w+);', path.read_text()))
        for name in re.findall(r'\bmod (\w+);', code):
            places = [directory / f'{name}.rs', directory / name / 'mod.rs']
            if name in named:
                places = [path.parent / named[name]]
            for place in places:
                if place.exists() and not name.endswith('_tests'):
                    below = directory / name if place.name != 'mod.rs' else place.parent
                    self.take(place, module + (name,), below)

    def uses(self, module):
        """Paths that a file names, from the crate's root on."""
        code = self.code[module]
        for found in re.finditer(r'\buse\s+([^;]*);', code):
            for names in flat(found[1]):
                yield names
        rest = re.sub(r'\buse\s+[^;]*;', '', code)
        for found in re.finditer(r'(?<![\w:$])\$?(\w+(?:::\w+)+)', rest):
            yield found[1].split('::')

    def absolute(self, module, names):
        """The same path from the root on, if it is one of the crate."""
        at = None
        if names[0] == 'crate':
            at, names = (), names[1:]
        elif names[0] == 'self':
            at, names = module, names[1:]
        while names and names[0] == 'super':
            at, names = (module if at is None else at)[:-1], names[1:]
        if at is None and names and module + (names[0],) in self.code:
            at = module
        return None if at is None else at + tuple(names)

    def reexports(self, module):
        for found in re.finditer(r'\bpub(?:\([a-z]*\))?\s+use\s+([^;]*);', self.code[module]):
            for names in flat(found[1]):
                path = self.absolute(module, names)
                if path:
                    yield names[-1], path

    def named(self, module):
        for names in self.uses(module):
            path = self.absolute(module, names)
            # What is re-exported is where it comes from.
            for _ in range(8):
                if path is None:
                    break
                size = len(path)
                while path[:size] not in self.code:
                    size -= 1
                item = path[size:size + 1]
                origin = self.renamed[path[:size]].get(item[0]) if item else None
                if origin is None or path[:size] == module:
                    yield path[:size]
                    break
                path = origin + path[size + 1:]

    def circles(self):
        """Sets of files that import each other (Tarjan)."""
        number, low, stack, found = {}, {}, [], []

        def visit(module):
            number[module] = low[module] = len(number)
            stack.append(module)
            for other in sorted(self.imports[module]):
                if other not in number:
                    visit(other)
                    low[module] = min(low[module], low[other])
                elif other in stack:
                    low[module] = min(low[module], number[other])
            if low[module] == number[module]:
                at = stack.index(module)
                circle = stack[at:]
                del stack[at:]
                if len(circle) > 1:
                    found.append(sorted(self.files[member] for member in circle))

        for module in sorted(self.code):
            if module not in number:
                visit(module)
        return found


def table(tree):
    """The layers: of each a kind and paths, the lowest first."""
    block = re.search(r'^```layers\n(.*?)^```', (tree / 'Documentation/design.md').read_text(),
                      re.DOTALL | re.MULTILINE)
    rows = [line.split() for line in block[1].splitlines() if line.strip()] if block else []
    if not rows or any(row[0] not in KINDS for row in rows):
        sys.exit('Documentation/design.md: no table of layers, or one of other kinds than '
                 + ', '.join(KINDS))
    return [(row[0], row[1:]) for row in rows]


def layer_of(file, layers):
    """Number and kind of a file's layer: the one that names it most exactly."""
    best = None
    for number, (kind, paths) in enumerate(layers):
        for path in paths:
            if file == path + '.rs' or file.startswith(path + '/'):
                if best is None or len(path) > best[0]:
                    best = (len(path), number, kind)
    return best[1:] if best else None


def check_layers(crate, layers):
    """What goes up, and what names what it must not."""
    used = set().union(*crate.imports.values())
    for module, file in sorted(crate.files.items()):
        if not crate.imports[module] and module not in used:
            continue
        place = layer_of(file, layers)
        if place is None:
            yield f'{file}: in no layer of Documentation/design.md'
            continue
        number, kind = place
        for other in sorted(crate.imports[module]):
            name = crate.files[other]
            above = layer_of(name, layers)
            if above and above[0] > number:
                yield f'{file}: imports {name}, which is in a layer above'
            if kind in ('raw', 'wraps') and not name.startswith('rust/'):
                yield f'{file}: a generic wrapper names {name}'
            if kind == 'decides' and file.startswith('src/') and name.startswith('rust/'):
                if name not in FOR_DECIDING:
                    yield f'{file}: decides, and names {name}'
        if kind == 'decides' and file.startswith('src/'):
            for found in re.finditer(r'(?<!\w)(kernel::\w+|bindings::\w+)', crate.code[module]):
                yield f'{file}: decides, and names the kernel type {found[1]}'


def main():
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    wrong = []
    for root, is_layered in CRATES.items():
        crate = Crate(tree, root)
        for circle in crate.circles():
            wrong.append(f'{root}: import each other in a circle: {", ".join(circle)}')
        if is_layered:
            wrong += check_layers(crate, table(tree))
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == '__main__':
    sys.exit(main())
