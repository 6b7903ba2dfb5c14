"""Names and values read from the programs, so that no test repeats them."""

import ast
import re
from dataclasses import dataclass
from typing import Any

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Topic:
    name: str
    default: bool | int | float


@dataclass(frozen=True)
class Signature:
    """A documented call: `Class(parameter: type, ...)`."""

    constructor: str
    parameters: tuple[tuple[str, str], ...]

    def call(self, **by_parameter: object) -> str:
        """The same call as Python, with every parameter given by its keyword."""
        keywords = (f"{parameter}={by_parameter[parameter]!r}" for parameter, _ in self.parameters)
        return f"shm_pub_sub.{self.constructor}({', '.join(keywords)})"

    @property
    def kind(self) -> str:
        """The documented type of the default value."""
        return dict(self.parameters)["default_value"]


def statements(source: str) -> list[str]:
    """The program's top-level statements, each as it is written."""
    lines = source.splitlines()
    return [
        "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
        for node in ast.parse(source).body
    ]


def arguments(source: str, function: str) -> list[list[Any]]:
    """The literal arguments of every call of that name, in the order of the text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node.func) == function:
            values = [argument for argument in node.args if _is_literal(argument)]
            found.append((node.lineno, [ast.literal_eval(value) for value in values]))
    return [values for _, values in sorted(found, key=lambda call: call[0])]


def topics(source: str, constructor: str) -> list[Topic]:
    """The topics that the program opens with that constructor."""
    return [Topic(values[0], values[1]) for values in arguments(source, constructor)]


def signatures(source: str) -> list[Signature]:
    found = []
    for constructor, parameters in re.findall(r"\w+ = shm_pub_sub\.(\w+)\((.*)\)", source):
        pairs = (parameter.split(": ") for parameter in parameters.split(", "))
        found.append(Signature(constructor, tuple((name, kind) for name, kind in pairs)))
    return found


def numbers(line: str) -> list[str]:
    """The numbers that a line prints, as text: 9 and 9.0 are not the same."""
    return NUMBER.findall(line)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_literal(expression: ast.expr) -> bool:
    try:
        ast.literal_eval(expression)
    except ValueError:
        return False
    return True
