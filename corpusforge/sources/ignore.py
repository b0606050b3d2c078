"""What .gitignore files leave out of a tree, by the rules of git."""

import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from corpusforge.sources.refusal import Refused

_MAX_BYTES = 1 << 20
# How pathspec's expressions say "in any directory", and what is a directory.
_ANYWHERE = "^(?:.+/)?"
_DIRECTORY_MARK = "(?P<ps_d>/)"


@dataclass(frozen=True)
class Rule:
    """Lines of a .gitignore file that follow one another and say the same."""

    pattern: re.Pattern[str]
    ignores: bool  # False for lines that begin with "!"
    of_base_name: bool  # the pattern is about the last step of a path, as most are


@dataclass(frozen=True)
class IgnoreRules:
    """The rules that hold in a directory: its own, and weaker those of the directories above."""

    # Strongest first, each with the length of the prefix ("a/b/") of the directory it stands in.
    _rules: tuple[tuple[int, Rule], ...] = ()

    def within(self, prefix: str, rules: Iterable[Rule]) -> "IgnoreRules":
        """These rules and, stronger, those of a directory below; the last of them is strongest."""
        own = [(len(prefix), rule) for rule in rules]
        return IgnoreRules((*reversed(own), *self._rules))

    def ignore(self, name: str) -> bool:
        """Whether a file is left out; or a directory, if the name ends in "/"."""
        base = name[name.rfind("/", 0, -1) + 1 :]
        for skipped, rule in self._rules:
            if rule.pattern.search(base if rule.of_base_name else name[skipped:]):
                return rule.ignores
        return False

    def ignore_under(self, name: str) -> bool:
        """Whether a file or any directory above it is left out."""
        steps = name.split("/")
        above = itertools.accumulate(steps[:-1], lambda path, step: f"{path}/{step}")
        return any(self.ignore(f"{path}/") for path in above) or self.ignore(name)


def read_rules(path: str) -> list[Rule]:
    """The rules in a .gitignore file.

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
    """Rules from lines; like git, one that is no pattern is passed over."""
    parsed = []
    for line in lines:
        try:
            pattern = GitIgnoreSpecPattern(line.removesuffix("\r"))
        except GitIgnorePatternError:
            continue
        if pattern.regex is not None:
            parsed.append((pattern.include, *_exact(pattern.regex.pattern)))
    # One expression for many lines: a tree has many files, and GitHub's lists are long.
    return [
        Rule(re.compile("|".join(expression for *_, expression in run)), ignores, of_base_name)
        for (ignores, of_base_name), run in itertools.groupby(parsed, key=lambda rule: rule[:2])
    ]


def _exact(expression: str) -> tuple[bool, str]:
    """An expression that fits what a line names, and not all that is in a directory it names.

    Directories are asked about on the way down; `!build/` takes back a rule about `build/`, and
    none about the files in it. The first value says whether it is about base names.
    """
    if _DIRECTORY_MARK in expression:
        expression = expression.replace(_DIRECTORY_MARK, "/")
        last_step = expression.removeprefix(_ANYWHERE)
        steps = last_step.removesuffix("(?:/|$)").removesuffix("/").replace("[^/]", "")
        if last_step != expression and "/" not in steps:
            return True, rf"^{last_step}\Z"
        return False, rf"{expression}\Z"
    # "build/**" speaks of what is in build/, and not of build/.
    return False, f"{expression}." if expression.endswith("/") else expression
