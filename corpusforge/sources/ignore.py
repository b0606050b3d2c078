"""What .gitignore files leave out of a tree, by the rules of git."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_MAX_BYTES = 1 << 20
# How pathspec's expressions mark the "/" after a directory.
_DIRECTORY_MARK = "(?P<ps_d>/)"


@dataclass(frozen=True)
class Rule:
    """One line of a .gitignore file."""

    pattern: re.Pattern[str]
    ignores: bool  # False for a line that begins with "!"


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
        for skipped, rule in self._rules:
            if rule.pattern.search(name[skipped:]):
                return rule.ignores
        return False


def read_rules(path: str) -> list[Rule]:
    """The rules in a .gitignore file; a file that cannot be read holds none."""
    try:
        with open(path, "rb") as handle:
            data = handle.read(_MAX_BYTES)
    except OSError:
        return []
    return parse_rules(os.fsdecode(data.removeprefix(b"\xef\xbb\xbf")).split("\n"))


def parse_rules(lines: Iterable[str]) -> list[Rule]:
    """Rules from lines; like git, one that is no pattern is passed over."""
    rules: list[Rule] = []
    for line in lines:
        try:
            parsed = GitIgnoreSpecPattern(line.removesuffix("\r"))
        except GitIgnorePatternError:
            continue
        if parsed.regex is not None and parsed.include is not None:
            rules.append(Rule(_exact(parsed.regex.pattern), parsed.include))
    return rules


def _exact(pattern: str) -> re.Pattern[str]:
    """An expression that fits what a line names, and not all that is in a directory it names.

    Directories are asked about on the way down; `!build/` takes back a rule about `build/`, and
    none about the files in it.
    """
    if _DIRECTORY_MARK in pattern:
        return re.compile(pattern + r"\Z")
    # "build/**" speaks of what is in build/, and not of build/.
    return re.compile(pattern + "." if pattern.endswith("/") else pattern)
