"""Bytes that are text, in which encoding, and bytes that are not."""

import codecs

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpusforge.sources.decoding import decode, to_utf8
from corpusforge.sources.refusal import Refused


def _reason(data: bytes, python: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        decode(data, python=python)
    return caught.value.reason


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_utf8_comes_back(text: str) -> None:
    """Any text without NUL is its own UTF-8, but for a leading byte order mark."""
    assert decode(text.encode()) == text.removeprefix("\ufeff")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    """And is no part of the text."""
    mark = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-32-be": codecs.BOM_UTF32_BE}.get(encoding, b"")
    assert decode(mark + "naïve 茶".encode(encoding)) == "naïve 茶"


@pytest.mark.parametrize(
    "data",
    [
        b"# -*- coding: koi8-r -*-\nname = '\xf0\xf2\xe9'\n",
        b"#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\nname = '\xf0\xf2\xe9'\n",
        b"\n# coding=koi8-r\nname = '\xf0\xf2\xe9'\n",
    ],
)
def test_a_coding_cookie_decides_for_python(data: bytes) -> None:
    """PEP 263: in the first line, or in the second after a comment or nothing."""
    assert decode(data, python=True).endswith("name = 'ПРИ'\n")


@pytest.mark.parametrize(
    "cookie", [b"rot13", b"base64", b"no-such", b"utf-8", b"idna", b"unicode_escape"]
)
def test_a_cookie_that_cannot_be_believed_refuses(cookie: bytes) -> None:
    """Python would not read such a file either."""
    assert _reason(b"# coding: " + cookie + b"\nx = '\xf0'\n", python=True) == "undecodable"


def test_a_cookie_in_other_files_says_nothing() -> None:
    """Only Python files have it."""
    assert decode(b"# coding: koi8-r\nna\xefve\n") == "# coding: koi8-r\nnaïve\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("/* Author: José García, © 2004 */ int main() { return 0; }\n", "cp1252"),
        ("// Это комментарий на русском языке, а не код\nint x = 1;\n" * 3, "cp1251"),
        ("// Это комментарий на русском языке, а не код\nint x = 1;\n" * 3, "koi8-r"),
        ("// これは日本語のコメントです\nint x = 1;\n" * 3, "cp932"),
        ("// 这是一个中文注释,用来测试编码\nint x = 1;\n" * 3, "gb18030"),
    ],
)
def test_old_encodings_are_recognised(text: str, encoding: str) -> None:
    """By the words of the language they are written in."""
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"MZ\x00\x01", "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        (codecs.BOM_UTF16_LE + b"a\x00\x00", "undecodable"),
        (codecs.BOM_UTF16_LE + b"a\x00\x00\x00", "binary"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "undecodable"),
        (bytes(range(128, 256)) * 4, "undecodable"),
        (b"\xf0\x9f\x8d", "undecodable"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str) -> None:
    """With NUL bytes it is binary, otherwise it cannot be decoded."""
    assert _reason(data) == reason


@settings(deadline=None)
@given(
    text=st.text(),
    size=st.integers(1, 9),
    encoding=st.sampled_from(["utf-16", "utf-32", "utf-8-sig"]),
)
def test_streams_become_utf8(text: str, size: int, encoding: str) -> None:
    """Blocks may cut characters anywhere but in the mark."""
    # A mark of UTF-16 with a NUL behind it is the mark of UTF-32.
    assume(encoding != "utf-16" or not text.startswith("\0"))
    data = text.encode(encoding)
    blocks = [data[:8], *(data[start : start + size] for start in range(8, len(data), size))]
    assert b"".join(to_utf8(blocks)) == text.encode()
