"""Write the text of documents to stdout without letting it control the terminal."""

import sys

# Replace control characters, which could control a terminal, by their Unicode pictures.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421,
    **dict.fromkeys(range(128, 160), 65533),
}


def harmless(text: str) -> str:
    """Return the text with visible pictures of control characters, except newlines and tabs."""
    return text.translate(_PICTURES)


def show(text: str, end: str = "\n") -> None:
    """Write text of documents to stdout: made harmless for a terminal, else unchanged."""
    write(harmless(text) if sys.stdout.isatty() else text, end)


def write(text: str, end: str = "\n") -> None:
    """Write to stdout in UTF-8, since the locale's encoding may not have every character."""
    # A path that is not valid Unicode has surrogates. JSON escapes them in the same way.
    sys.stdout.buffer.write((text + end).encode(errors="backslashreplace"))
    sys.stdout.buffer.flush()
