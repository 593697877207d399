"""Find test data that a notebook looks at too early.

That is before the section whose title says that they are used once. The rule sees:

* names with the word test, such as ``x_test`` or ``mnist.y_test``. They may be split
  off, measured and prepared, as long as the result is called test data too;
* data that ``train_test_split``, at the top level of a cell, splits such a name from,
  and whatever was computed from these data before;
* a name that gets the result of ``load_mnist()``: attributes without the word test may
  be used, but the name itself may be neither unpacked, indexed nor passed on.

It does not see a split by slices, a call of ``load_mnist()`` whose result is unpacked
or used at once, test data under another name, or files that are read in another way.
"""

import ast
import re

from tools.names import arguments_in, assigned, names_in

SECTION = re.compile(r"\btest\b.*, once$")
SPLIT = re.compile(r"([\w.]+\.)?train_test_split\(")
LOADS = re.compile(r"([\w.]+\.)?load_mnist\(\)$")
SIZE = re.compile(r"len\([\w.]+\)|[\w.]+\.shape")
LEARNS = re.compile(r"\.(fit|evaluate|score)\w*\(")


def asked_too_early(notebook):
    """Yield the name of test data that are used too early, with the cell's source."""
    whole = set()  # names of data that hold a test part
    loaded = set()  # names of data sets, whose attributes hold the parts
    made_of, may_be_asked = {}, set()
    for source, in_section in _cells(notebook):
        statements = ast.parse(source).body
        for target, value in [pair for one in statements for pair in assigned(one)]:
            targets = [_owner(part) for part in getattr(target, "elts", [target])]
            names = {ast.unparse(part) for part in targets if part}
            tests = [_named_test(part) for part in targets]
            parts = [ast.Expr(part) for part in (target, value) if part]
            asked = {name for part in parts for name in _asked(part, whole, loaded)}
            asked -= arguments_in(value) | (whole & names_in(value, ast.Store))
            if in_section:
                may_be_asked |= asked
                whole, loaded = set(), set()
            elif SPLIT.match(ast.unparse(value)) and any(tests):
                whole |= {ast.unparse(part) for part in value.args}
                whole |= {name for name, used in made_of.items() if used & whole}
                may_be_asked -= names
            else:
                text = ast.unparse(value)
                if not all(tests) or LEARNS.search(text):
                    yield from ((name, source) for name in sorted(asked - may_be_asked))
                if isinstance(value, ast.expr):
                    whole -= names
                    loaded = loaded | names if LOADS.match(text) else loaded - names
                    made_of |= dict.fromkeys(names, names_in(value))


def _cells(notebook):
    """Yield the source of each code cell, and whether its section uses the test data.

    Subsections belong to that section.
    """
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


def _asked(tree, whole, loaded):
    """Yield what is loaded for more than its length or shape."""
    for node in ast.iter_child_nodes(tree):
        text = ast.unparse(node)
        is_loaded = isinstance(getattr(node, "ctx", None), ast.Load)
        of = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
        if is_loaded and (_named_test(node) or text in whole | loaded):
            yield text
        elif not (
            of in loaded
            or (isinstance(node, ast.Attribute | ast.Call) and SIZE.fullmatch(text))
        ):
            yield from _asked(node, whole, loaded)
