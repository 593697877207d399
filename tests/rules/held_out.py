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
    whole, made_of, may_be_asked = (
        set(),
        {},
        set(),
    )  # whole: data that hold a test part, whatever their name
    for source, in_section in _cells(notebook):
        for target, value in [
            pair for statement in ast.parse(source).body for pair in assigned(statement)
        ]:
            targets = [_owner(part) for part in getattr(target, "elts", [target])]
            names, tests = (
                {ast.unparse(part) for part in targets if part},
                [_named_test(part) for part in targets],
            )
            asked = {
                name
                for part in (target, value)
                if part
                for name in _asked(ast.Expr(part), whole)
            }
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
    words = (
        node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    ).split("_")
    return "test" in words and "split" not in words


def _owner(target):
    """Return what a target is a part of: `x` for `x[:, 0]` and `*x`."""
    return (
        _owner(target.value)
        if isinstance(target, ast.Subscript | ast.Starred)
        else target
    )


def _asked(tree, whole):
    """Yield what is loaded for more than its length or shape."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(getattr(node, "ctx", None), ast.Load) and (
            _named_test(node) or ast.unparse(node) in whole
        ):
            yield ast.unparse(node)
        elif not (
            isinstance(node, ast.Attribute | ast.Call)
            and SIZE.fullmatch(ast.unparse(node))
        ):
            yield from _asked(node, whole)
