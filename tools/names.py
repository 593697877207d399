"""Find the names that code uses and those that it defines for the code after it."""

import ast
import symtable
from functools import cache


def assigned(statement):
    """Return pairs of a target and its value; the target may be None."""
    if not isinstance(statement, ast.Assign):
        return [
            (
                statement.target if isinstance(statement, ast.AugAssign) else None,
                statement,
            )
        ]
    pairs = []
    for target in statement.targets:
        parts = [
            part.elts
            for part in (target, statement.value)
            if isinstance(part, ast.Tuple)
        ]
        # a, b = f(), g() gives two pairs; a, b = f() has one value for both: one pair
        fit = len(parts) == 2 and len(parts[0]) == len(parts[1])
        pairs += zip(*parts, strict=True) if fit else [(target, statement.value)]
    return pairs


def names_in(tree, kind=ast.Load):
    """Return the names that are loaded in a piece of code, or stored."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, kind)
    }


def arguments_in(tree):
    """Return the names of the arguments of all functions defined in a piece of code."""
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


@cache
def names_of(source):
    """Return the names that code takes from code before it, and those that it gives.

    A name that a loop or another compound statement gives counts as its own, unless it
    adds to it with `+=`.
    """
    taken, given = set(), set()
    for statement in ast.parse(source).body:
        table = symtable.symtable(ast.unparse(statement), "", "exec")
        # of `import os`, os; of `x, y = f(z)`, x and y; of `for i in z: t = i`, i and t
        own = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        }
        # `for i in z: total += i` needs a total from before, so it is taken as well
        added_to = {
            name
            for node in ast.walk(statement)
            if isinstance(node, ast.AugAssign)
            for name in names_in(node.target, ast.Store)
        }
        taken |= (
            _global_names(table)
            - given
            - (own - added_to if hasattr(statement, "body") else set())
        )
        given |= own
    return frozenset(taken), frozenset(given)


def _global_names(table):
    inner = {name for child in table.get_children() for name in _global_names(child)}
    return inner | {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced()
        and (table.get_type() == "module" or symbol.is_global())
    }
