"""A safe expression over a value, such as `ax > 3 and abs(pose.yaw) < 0.1`.

Python evaluates nothing: the text is parsed, each node must be one of those below, and what it does
is a function of ours. Fields are names; `value` is the value itself, unless it has a field of that
name. Operators work on each element of an array or list, for any(), all(), min() and max().
"""

from __future__ import annotations

import ast
import warnings
from typing import Any, Final

from ._filter_kinds import Kind, NotOfKinds, called, compared, field_kind, operated
from ._filter_values import COMPARISONS, FUNCTIONS, OPERATORS, NoResult, both, named, truth
from ._paths import PathError, part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from ._patterns import Step
    from ._spec import Spec

LONGEST: Final = 1000
"""Characters of an expression."""

DEEPEST: Final = 100
"""Operations in one another."""

EXPECTED: Final = "a comparison such as 'ax > 3', with and, or, not, + - * / // %"

_SYMBOLS: dict[type[ast.AST], str] = {
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
    **{ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*"},
    **{ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.USub: "-", ast.UAdd: "+"},
}


class FilterError(ValueError):
    """The text is no expression, or none for values of the type."""


class Filter:
    """Reports of values whether an expression is true of them.

    A value for which it has no result does not pass: an index beyond its elements, a division by
    zero, the least of no elements. min() and max() leave out NaN.

    Raises FilterError if the text is no such expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._line = text.replace("\n", " ").lstrip()
        try:
            if len(text) > LONGEST:
                raise FilterError(f"found {len(text)} characters; expected {LONGEST} at most")
            if (at := self._line.find("\0")) >= 0:  # a ValueError of Python before 3.12
                raise self._error(at, f"found a NUL; expected {EXPECTED}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of '\d' in a text
                self._tree = ast.parse(self._line, mode="eval").body
            self._result = self._compiled(self._tree, 0)
        except SyntaxError as error:
            at = (error.offset or 1) - 1
            hint = "== to compare" if self._line[at : at + 1] == "=" else EXPECTED
            raise self._error(at, f"{error.msg}; expected {hint}") from None
        except (RecursionError, MemoryError):
            raise FilterError("found an expression that is nested too deeply") from None
        except UnicodeError:
            raise FilterError(f"found {text!r}; expected text that UTF-8 can encode") from None

    def __repr__(self) -> str:
        return f"Filter({self.text!r})"

    def __call__(self, value: Any) -> bool:
        """Report whether the expression is true of a value, of a type that check() accepted."""
        try:
            return truth(self._result(value))
        except (NoResult, PathError, ArithmeticError):
            return False

    def check(self, spec: Spec) -> None:
        """Raise FilterError unless the expression is true or false of values of the type."""
        self._check_truth(self._tree, spec)

    def _error(self, at: int, text: str) -> FilterError:
        return FilterError(f"at character {len(self.text) - len(self._line) + at + 1}: {text}")

    def _refuse(self, node: ast.expr, text: str) -> NoReturn:
        raise self._error(len(self._line.encode()[: node.col_offset].decode()), text)

    def _compiled(self, node: ast.expr, depth: int) -> Callable[[Any], Any]:
        """Return what the expression does: a function of the value."""
        if depth > DEEPEST:
            self._refuse(node, f"found {DEEPEST} nested operations; expected fewer")

        def inner(node: ast.expr) -> Callable[[Any], Any]:
            return self._compiled(node, depth + 1)

        if isinstance(node, ast.Constant):
            constant = self._constant(node)
            return lambda value: constant
        if isinstance(node, ast.Name):
            name = node.id
            return lambda value: named(value, name)
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            whole, steps = inner(node.value), self._steps(node)
            return lambda value: part(whole(value), steps)
        if isinstance(node, ast.BoolOp):
            parts = [*map(inner, node.values)]
            stops = isinstance(node.op, ast.Or)
            return lambda value: _stopped(parts, value, stops)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            operand = inner(node.operand)
            return lambda value: not truth(operand(value))
        if isinstance(node, (ast.UnaryOp, ast.BinOp)):
            operation = OPERATORS[self._symbol(node, node.op)]
            if isinstance(node, ast.UnaryOp):
                operand = inner(node.operand)
                return lambda value: operation(0, operand(value))
            left, right = inner(node.left), inner(node.right)
            return lambda value: operation(left(value), right(value))
        if isinstance(node, ast.Compare):
            symbols = [self._symbol(node, op) for op in node.ops]
            comparisons = [COMPARISONS[symbol] for symbol in symbols]
            return _chain([*map(inner, (node.left, *node.comparators))], comparisons)
        if isinstance(node, ast.Call):
            function, arguments = FUNCTIONS[self._function(node)], [*map(inner, node.args)]
            return lambda value: function(*[argument(value) for argument in arguments])
        self._refuse(node, f"found {_described(node)}; expected {EXPECTED}")

    def _kind(self, node: ast.expr, spec: Spec) -> Kind:
        """Return what kind of result the expression has for values of the type."""
        try:
            if isinstance(node, ast.Constant):
                return Kind("text" if isinstance(node.value, str) else "number")
            if isinstance(node, ast.Name):
                return field_kind(spec, node.id)
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                return self._kind(node.value, spec).part(self._steps(node))
            if isinstance(node, ast.BoolOp):
                for each in node.values:
                    self._check_truth(each, spec)
                return Kind("number")
            if isinstance(node, ast.UnaryOp):
                if not isinstance(node.op, ast.Not):
                    return operated(Kind("number"), "-", self._kind(node.operand, spec))
                self._check_truth(node.operand, spec)
                return Kind("number")
            if isinstance(node, ast.BinOp):
                kinds = self._kind(node.left, spec), self._kind(node.right, spec)
                return operated(kinds[0], _SYMBOLS[type(node.op)], kinds[1])
            if isinstance(node, ast.Compare):
                operands = [self._kind(each, spec) for each in (node.left, *node.comparators)]
                return compared(operands, [_SYMBOLS[type(op)] for op in node.ops])
            assert isinstance(node, ast.Call)
            return called(self._function(node), [self._kind(each, spec) for each in node.args])
        except (NotOfKinds, PathError) as error:
            self._refuse(node, f"{error}")

    def _check_truth(self, node: ast.expr, spec: Spec) -> None:
        kind = self._kind(node, spec)
        if kind.is_many:
            self._refuse(
                node, f"found {kind}; expected any(...) or all(...) around their comparison"
            )
        if kind.name not in ("number", "text"):
            self._refuse(node, f"found {kind}; expected {EXPECTED}")

    def _constant(self, node: ast.Constant) -> bool | int | float | str:
        found = node.value
        if isinstance(found, (bool, int, float, str)):
            return found
        self._refuse(node, f"found {found!r}; expected a number, text, True or False")

    def _steps(self, node: ast.Attribute | ast.Subscript) -> tuple[Step, ...]:
        if isinstance(node, ast.Attribute):
            return (node.attr,)
        index = node.slice
        return tuple(map(self._step, index.elts if isinstance(index, ast.Tuple) else [index]))

    def _step(self, node: ast.expr) -> Step:
        sign, number = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, number = -1, node.operand
        if isinstance(number, ast.Constant):
            if type(number.value) is int:
                return sign * number.value
            if isinstance(number.value, str) and number is node:
                return number.value
        self._refuse(node, f"found {_described(node)}; expected an index, such as 3 or -1")

    def _symbol(self, node: ast.expr, operator: ast.AST) -> str:
        symbol = _SYMBOLS.get(type(operator))
        if symbol is None:
            self._refuse(node, f"found {_described(operator)}; expected {EXPECTED}")
        return symbol

    def _function(self, node: ast.Call) -> str:
        known = ", ".join(FUNCTIONS)
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            self._refuse(node, f"found a call of {ast.unparse(node.func)}; expected one of {known}")
        for each in (*node.keywords, *(a for a in node.args if isinstance(a, ast.Starred))):
            self._refuse(node, f"found {ast.unparse(each)} in a call; expected expressions")
        return node.func.id


def _stopped(parts: list[Callable[[Any], Any]], value: Any, stops: bool) -> bool:
    """Return the truth of the first part that is what stops `or` or `and`, or of the last."""
    for each in parts:
        if truth(each(value)) is stops:
            return stops
    return not stops


def _chain(operands: list[Callable[[Any], Any]], comparisons: list[Any]) -> Callable[[Any], Any]:
    """Return the function that compares each operand with the next one."""
    if len(comparisons) == 1:
        (left, right), compare = operands, comparisons[0]
        return lambda value: compare(left(value), right(value))

    def chained(value: Any) -> Any:
        found = [operand(value) for operand in operands]
        result: Any = True
        for compare, left, right in zip(comparisons, found, found[1:], strict=False):
            result = both(result, compare(left, right))
        return result

    return chained


def _described(node: ast.AST) -> str:
    """Return what a node is, for an error."""
    name = type(node).__name__
    return _NAMES.get(name, f"Python's {name}")


_NAMES: Final = {
    **{"Pow": "**", "BitAnd": "&", "BitOr": "|", "BitXor": "^", "Invert": "~", "MatMult": "@"},
    **{"LShift": "<<", "RShift": ">>", "Is": "is", "IsNot": "is not", "Slice": "a slice"},
    **{"List": "a list", "Tuple": "a tuple", "Dict": "a dict", "Set": "a set", "IfExp": "if"},
    **{"Lambda": "lambda", "NamedExpr": ":=", "JoinedStr": "an f-string", "Name": "a name"},
    **{"ListComp": "a loop", "GeneratorExp": "a loop", "Starred": "*", "Call": "a call"},
}
