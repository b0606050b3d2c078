"""What .gitignore files leave out of a tree, by the rules of git."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class IgnoreRules:
    """The rules that hold in one directory: those of the directories above it, then its own."""

    # Each with the prefix of the directory it stands in, "" or "a/b/".
    _levels: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def within(self, prefix: str, spec: GitIgnoreSpec) -> "IgnoreRules":
        """These rules and, stronger, those of a directory below."""
        return IgnoreRules((*self._levels, (prefix, spec)))

    def ignore(self, name: str) -> bool:
        """Whether a file, or a directory if the name ends in "/", is left out."""
        for prefix, spec in reversed(self._levels):
            ignored = spec.check_file(name[len(prefix) :], separators=()).include
            if ignored is not None:
                return ignored
        return False


def read_rules(path: str) -> GitIgnoreSpec:
    """The rules in a .gitignore file; a file that cannot be read holds none."""
    try:
        with open(path, "rb") as handle:
            data = handle.read(_MAX_BYTES)
    except OSError:
        data = b""
    return parse_rules(os.fsdecode(data.removeprefix(b"\xef\xbb\xbf")).split("\n"))


def parse_rules(lines: Iterable[str]) -> GitIgnoreSpec:
    """Rules from lines; like git, a line that is no pattern is passed over."""
    patterns = []
    for line in lines:
        try:
            patterns.append(GitIgnoreSpecPattern(line.rstrip("\r")))
        except GitIgnorePatternError:
            continue
    return GitIgnoreSpec(patterns)
