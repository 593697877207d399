"""Finds where a notebook asks something of a test part before the section in which the test part is used once.

A name with the word test, such as ``x_test`` or ``mnist.y_test``, is a test part. Test
parts may be split off, measured and prepared, as long as the result is called test data
too. What ``train_test_split`` splits a test part from, at the top level of a cell,
holds it, and so does what was computed from that before. A split by slices is not
recognized.
"""

import ast
import re

from tools.names import arguments_in, assigned, names_in

SECTION = re.compile(r"\btest\b.*, once$")
SPLIT = re.compile(r"([\w.]+\.)?train_test_split\(")
SIZE = re.compile(r"len\([\w.]+\)|[\w.]+\.shape")
LEARNS = re.compile(r"\.(fit|evaluate|score)\w*\(")


def asked_too_early(notebook):
    """Yield the name of each test part that is asked too early, with the source of the cell."""
    whole = set()  # names of data that hold a test part
    made_of, may_be_asked = {}, set()
    for source, in_section in _cells(notebook):
        statements = ast.parse(source).body
        for target, value in [pair for one in statements for pair in assigned(one)]:
            targets = [_owner(part) for part in getattr(target, "elts", [target])]
            names = {ast.unparse(part) for part in targets if part}
            tests = [_named_test(part) for part in targets]
            parts = [ast.Expr(part) for part in (target, value) if part]
            asked = {name for part in parts for name in _asked(part, whole)}
            asked -= arguments_in(value) | (whole & names_in(value, ast.Store))
            if in_section:
                may_be_asked |= asked
                whole = set()
            elif SPLIT.match(ast.unparse(value)) and any(tests):
                whole |= {ast.unparse(part) for part in value.args}
                whole |= {name for name, used in made_of.items() if used & whole}
                may_be_asked -= names
            else:
                if not all(tests) or LEARNS.search(ast.unparse(value)):
                    yield from ((name, source) for name in sorted(asked - may_be_asked))
                if isinstance(value, ast.expr):
                    whole -= names
                    made_of |= dict.fromkeys(names, names_in(value))


def _cells(notebook):
    """Yield the source of each code cell, and whether its section uses the test part once; subsections belong to it."""
    depth = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield cell.source, depth > 0
        else:
            for marks, title in re.findall(r"^(#+) (.+)$", cell.source, re.MULTILINE):
                if not depth or len(marks) <= depth:
                    depth = len(marks) if SECTION.search(title) else 0


def _named_test(node):
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    words = name.split("_")
    return "test" in words and "split" not in words


def _owner(target):
    """Return what a target is a part of: `x` for `x[:, 0]` and `*x`."""
    part = isinstance(target, ast.Subscript | ast.Starred)
    return _owner(target.value) if part else target


def _asked(tree, whole):
    """Yield what is loaded for more than its length or shape."""
    for node in ast.iter_child_nodes(tree):
        text = ast.unparse(node)
        loaded = isinstance(getattr(node, "ctx", None), ast.Load)
        if loaded and (_named_test(node) or text in whole):
            yield text
        elif not (isinstance(node, ast.Attribute | ast.Call) and SIZE.fullmatch(text)):
            yield from _asked(node, whole)
