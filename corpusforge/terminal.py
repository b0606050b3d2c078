"""Text of documents on its way to a person: every character, and none that steers a terminal."""

import sys

# A document could steer the terminal: control characters are shown as their pictures.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421,
    **dict.fromkeys(range(128, 160), 65533),
}


def harmless(text: str) -> str:
    """The text with pictures in the place of control characters, but for line ends and tabs."""
    return text.translate(_PICTURES)


def show(text: str, end: str = "\n") -> None:
    """Write to stdout: to a terminal harmless, to a file or another program as it is."""
    write(harmless(text) if sys.stdout.isatty() else text, end)


def write(text: str, end: str = "\n") -> None:
    """Write to stdout as UTF-8: the terminal's own encoding may not have every character."""
    sys.stdout.buffer.write((text + end).encode())
    sys.stdout.buffer.flush()
