"""How shards are shown on a terminal and in a pipe."""

from dataclasses import replace
from pathlib import Path

import pytest

from corpusforge.inspection.shards import Inspector, find_shards, read_shard_summary
from corpusforge.inspection.shards_text import shard_summary_text, view_text


@pytest.fixture(scope="module")
def train(shard_run: Path) -> Inspector:
    return Inspector(find_shards(shard_run), "train", "code")


def test_the_summary_has_a_line_a_source_licence_and_length(shard_run: Path) -> None:
    """The range with the most documents has the longest bar."""
    lines = shard_summary_text(read_shard_summary(find_shards(shard_run))).splitlines()
    assert lines[0] == "sentencepiece tokenizer, 500 pieces"
    assert [line.split()[:2] for line in lines[3:7]] == [
        ["train", "chat"],
        ["train", "code"],
        ["validation", "chat"],
        ["validation", "code"],
    ]
    licenses = lines[lines.index(next(line for line in lines if line.startswith("license"))) :]
    assert {line.split()[0] for line in licenses[1:4]} == {"MIT", "Apache-2.0", "CC0-1.0"}
    assert "16 to 31" in lines[-1] or "32 to 63" in lines[-1]
    assert sum(line.endswith("█" * 40) for line in lines) == 1


def test_a_pipe_gets_the_text_as_it_is(train: Inspector) -> None:
    """Origin first, then the text, without colours."""
    view = train.by_id("code:f7")
    shown = view_text(train, view, False)
    assert shown.endswith(f"\n\n{view.text}")
    lines = shown.splitlines()
    assert lines[0] == "id:         code:f7"
    assert "license:    MIT" in lines
    assert f"file:       {view.document.file}, row {view.document.row}" in lines
    assert "evidence:   expression MIT, evidence declared: MIT, confidence 0.9" in lines
    assert "  split:    kept, split train" in lines


def test_a_terminal_shows_tokens_in_colours(train: Inspector) -> None:
    """Every token begins with a colour; without colours, the text is the same."""
    view = train.by_id("code:f7")
    shown = view_text(train, view, True)
    assert shown.count("\x1b[30;48;5;210m<|endoftext|>\x1b[0m") == 1
    assert shown.count("\x1b[30;48") >= len(view.ids)
    plain = shown
    for code in ("\x1b[0m", "\x1b[30;48;5;153m", "\x1b[30;48;5;223m", "\x1b[30;48;5;210m", "↵"):
        plain = plain.replace(code, "")
    assert plain == view_text(train, view, False)


def test_a_document_cannot_steer_the_terminal(train: Inspector) -> None:
    """Escape sequences are shown, not sent."""
    ids = train.tokenizer.encode("a\x1b]0;title\x07\x9b1m")
    view = replace(train.document(0), ids=ids)
    shown = view_text(train, view, True)
    assert "␛" in shown
    assert "␇" in shown
    assert "\x1b]" not in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown


def test_each_neighbour_has_a_line_and_borders_are_marked(train: Inspector) -> None:
    """The requested token is marked."""
    second = train.document(1).document
    lines = view_text(train, train.at(second.token, 1), False).splitlines()[-5:]
    first = train.document(0).document
    assert lines[0] == f"-- document 0: {first.id} ({first.license})"
    assert lines[1].split() == [f"{second.token - 1:,}", "1", "<|endoftext|>"]
    assert lines[2] == f"-- document 1: {second.id} ({second.license})"
    assert lines[3].startswith(">")
    assert lines[4].startswith(" ")


def test_a_search_result_shows_its_lines(train: Inspector) -> None:
    """Below the id, licence and token of the document."""
    (view,) = train.search("value + 7\n")
    head, *lines = view_text(train, view, False).splitlines()
    assert head.startswith("code:f7  MIT  document ")
    assert "    return value + 7" in "\n".join(lines)
