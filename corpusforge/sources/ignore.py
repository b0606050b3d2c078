"""The rules of .gitignore files, as git applies them."""

import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from corpusforge.sources.refusal import Refused

_MAX_BYTES = 1 << 20
# The parts of pathspec's expressions that match any directory, and the end of a directory.
_ANYWHERE = "^(?:.+/)?"
_DIRECTORY_MARK = "(?P<ps_d>/)"


@dataclass(frozen=True)
class Rule:
    """Consecutive lines of a .gitignore file with the same effect."""

    pattern: re.Pattern[str]
    ignores: bool  # False for lines that start with "!"
    of_base_name: bool  # the pattern matches the last step of a path, as most do


@dataclass(frozen=True)
class IgnoreRules:
    """The rules that apply in a directory: its own and, with lower priority, those from above."""

    # Highest priority first, with the length of the prefix ("a/b/") of the rule's directory.
    _rules: tuple[tuple[int, Rule], ...] = ()

    def within(self, prefix: str, rules: Iterable[Rule]) -> "IgnoreRules":
        """Return these rules with those of a subdirectory added. Later rules have priority."""
        own = [(len(prefix), rule) for rule in rules]
        return IgnoreRules((*reversed(own), *self._rules))

    def ignore(self, name: str) -> bool:
        """Return whether a file, or a directory if the name ends in "/", is ignored."""
        base = name[name.rfind("/", 0, -1) + 1 :]
        for skipped, rule in self._rules:
            if rule.pattern.search(base if rule.of_base_name else name[skipped:]):
                return rule.ignores
        return False

    def ignore_under(self, name: str) -> bool:
        """Return whether a file or any directory above it is ignored."""
        steps = name.split("/")
        above = itertools.accumulate(steps[:-1], lambda path, step: f"{path}/{step}")
        return any(self.ignore(f"{path}/") for path in above) or self.ignore(name)


def read_rules(path: str) -> list[Rule]:
    """Read the rules of a .gitignore file.

    Raises:
        Refused: "unreadable".
    """
    try:
        with open(path, "rb") as handle:
            data = handle.read(_MAX_BYTES)
    except OSError as error:
        detail = f"{error.strerror}; its rules are not known, and leave nothing out"
        raise Refused("unreadable", detail) from error
    return parse_rules(os.fsdecode(data.removeprefix(b"\xef\xbb\xbf")).split("\n"))


def parse_rules(lines: Iterable[str]) -> list[Rule]:
    """Return the rules of lines. Like git, skip lines that are not patterns."""
    parsed = []
    for line in lines:
        try:
            pattern = GitIgnoreSpecPattern(line.removesuffix("\r"))
        except GitIgnorePatternError:
            continue
        if pattern.regex is not None:
            parsed.append((pattern.include, *_exact(pattern.regex.pattern)))
    # Join lines into one expression: a tree has many files, and .gitignore files can be long.
    return [
        Rule(re.compile("|".join(expression for *_, expression in run)), ignores, of_base_name)
        for (ignores, of_base_name), run in itertools.groupby(parsed, key=lambda rule: rule[:2])
    ]


def _exact(expression: str) -> tuple[bool, str]:
    """Return an expression for what a line names, without the content of a directory it names.

    Callers test directories on the way down. `!build/` reverts a rule about `build/`, but not rules
    about the files in it. The first value is whether the expression matches base names.
    """
    if _DIRECTORY_MARK in expression:
        expression = expression.replace(_DIRECTORY_MARK, "/")
        last_step = expression.removeprefix(_ANYWHERE)
        steps = last_step.removesuffix("(?:/|$)").removesuffix("/").replace("[^/]", "")
        if last_step != expression and "/" not in steps:
            return True, rf"^{last_step}\Z"
        return False, rf"{expression}\Z"
    # "build/**" matches what is in build/, but not build/ itself.
    return False, f"{expression}." if expression.endswith("/") else expression
