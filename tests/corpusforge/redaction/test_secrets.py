"""Secrets are found, replaced wherever tokens are made, and counted; nothing else changes."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.cli import cli
from corpusforge.dialogues import render
from corpusforge.redaction.apply import redact, redact_texts
from corpusforge.redaction.secrets.find import find_secrets
from corpusforge.redaction.secrets.kinds import CREDENTIALS, EMAILS, IP_ADDRESSES, REPLACEMENTS
from corpusforge.redaction.spans import LINE_SPAN, SECRET_SPAN


def _made(alphabet: str, length: int, seed: int = 1) -> str:
    """Make up a token; this file has no real one."""
    return "".join(random.Random(seed).choices(alphabet, k=length))


UPPER, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
WORD = UPPER + UPPER.lower() + DIGITS
ARMOUR = "\n".join(_made(WORD, 64, seed) for seed in range(5))
SECRETS = {
    "aws-key-id": "AKIA" + _made(UPPER[1:], 16),
    "github-token": "ghp_" + _made(WORD, 36),
    "gitlab-token": "glpat-" + _made(WORD, 20),
    "slack-token": f"xoxb-{_made(DIGITS, 12)}-{_made(DIGITS, 12)}-{_made(WORD, 24)}",
    "slack-webhook": "hooks.slack.com/services/T" + _made(WORD, 43),
    "stripe-key": "sk_live_" + _made(WORD, 24),
    "google-key": "AIza" + _made(WORD, 35),
    "npm-token": "npm_" + _made(WORD, 36),
    "pypi-token": "pypi-AgE" + _made(WORD, 80),
    "openai-key": f"sk-{_made(WORD, 20)}T3BlbkFJ{_made(WORD, 20, 2)}",
    "anthropic-key": "sk-ant-api03-" + _made(WORD, 95),
    "huggingface-token": "hf_" + _made(UPPER + UPPER.lower(), 34),
    "sendgrid-key": f"SG.{_made(WORD, 22)}.{_made(WORD, 43)}",
    "jwt": f"eyJ{_made(WORD, 30)}.eyJ{_made(WORD, 60)}.{_made(WORD, 43)}",
}


def _kinds(text: str, kinds: Any = CREDENTIALS) -> list[tuple[str, str]]:
    """Return the kind and text of each secret that is found."""
    (spans,) = find_secrets(pa.array([text]), kinds).to_pylist()
    content = text.encode()
    return [(s["kind"], content[s["start"] : s["end"]].decode()) for s in spans]


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("around", ['é = "{}"', "{}", "token: {}\n", "curl -H 'X: {}' é"])
def test_a_token_is_found_whole(kind: str, around: str) -> None:
    """Whatever surrounds it, but not as a part of a longer word."""
    token = SECRETS[kind]
    assert _kinds(around.format(token)) == [(kind, token)]
    assert _kinds(around.format("x" + token)) == []


def test_what_surrounds_a_secret_stays() -> None:
    """The value of an assignment, the body of a key, the password of a URL."""
    secret = _made(WORD, 40)
    assert _kinds(f'AWS_SECRET_ACCESS_KEY = "{secret}"') == [("aws-secret-key", secret)]
    assert _kinds(f"secretAccessKey: '{secret}',") == [("aws-secret-key", secret)]
    url = f"postgres://bob:{secret}@db.corp.net:5432/x"
    assert _kinds(f"see {url} there") == [("url-password", secret)]
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{ARMOUR}\n-----END RSA PRIVATE KEY-----\nbehind\n"
    assert _kinds(key) == [("private-key", ARMOUR)]
    inside = json.dumps({"private_key": key})
    assert _kinds(inside) == [("private-key", ARMOUR.replace("\n", "\\n"))]
    (cut,) = redact_texts(pa.array([key]), [find_secrets(pa.array([key]), CREDENTIALS)]).to_pylist()
    assert cut == "-----BEGIN RSA PRIVATE KEY-----\n<KEY>\n-----END RSA PRIVATE KEY-----\nbehind\n"


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        f"secret_key = {_made(DIGITS + 'abcdef', 40)}",  # a checksum
        "ghp_" + "x" * 36,
        "sk_test_" + "0" * 24,
        "https://user:password@host.org/, http://me:secret@example.com, ssh://git@host.org:22",
        "http://${USER}:${PASSWORD}@host.org",
        "if line == '-----BEGIN RSA PRIVATE KEY-----':\n    return parse(line, rest)\n" * 3,
        f"-----BEGIN CERTIFICATE-----\n{ARMOUR}\n-----END CERTIFICATE-----",
        "@decorator\ndef secret_key(self): return self.secret_key == other",
        "bob@corp.net from 8.8.4.4",
        "",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    """Documentation examples, placeholders, code about keys, checksums, public certificates."""
    assert _kinds(text) == []


def test_personal_data_is_found_when_asked_for() -> None:
    """Email and public IP addresses, but not those for documentation or private networks."""
    text = "bob.b@corp.co.uk, a@example.com, 93.184.7.34, 10.0.0.1, 192.0.2.7, 1.2.3.4.5, @x"
    assert _kinds(text, (EMAILS, IP_ADDRESSES)) == [
        ("email", "bob.b@corp.co.uk"),
        ("ip-address", "93.184.7.34"),
    ]


@pytest.mark.parametrize(
    "unit", ["-----BEGIN PRIVATE KEY-----" + "A" * 41, "-eyJ", ".eyJ", "://a:b@", "secret_key=A"]
)
def test_text_made_of_anchors_is_read_in_linear_time(unit: str) -> None:
    """Half a megabyte of text that could make patterns backtrack."""
    started = time.process_time()
    find_secrets(pa.array([unit * (500_000 // len(unit))]), CREDENTIALS)
    assert time.process_time() - started < 5


def test_no_secret_reaches_over_the_border_of_documents() -> None:
    """Also in a column that is a slice of another column."""
    token = SECRETS["github-token"]
    column = pa.array([token, "a", token[:20], token[20:], f"b {token}"])
    found = [[(s["start"], s["end"]) for s in spans] for spans in _spans(column.slice(1))]
    assert found == [[], [], [], [(2, 42)]]
    kept = redact_texts(column.slice(1), [find_secrets(column.slice(1), CREDENTIALS)])
    assert kept.to_pylist() == ["a", token[:20], token[20:], "b <KEY>"]


def _spans(column: pa.Array) -> list[list[dict[str, Any]]]:
    spans: list[list[dict[str, Any]]] = find_secrets(column, CREDENTIALS).to_pylist()
    return spans


spans_of_a_text = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)), max_size=4)


@given(st.lists(st.tuples(spans_of_a_text, spans_of_a_text), min_size=1, max_size=4))
@settings(deadline=None, max_examples=200)
def test_lines_and_secrets_are_taken_out_together(
    rows: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    """Also if they overlap; a secret inside a cut line leaves no replacement."""
    texts = ["abcdefghijklmnopq"[: 12 + n] for n in range(len(rows))]
    cuts, marks, expected = [], [], []
    for text, (some, others) in zip(texts, rows, strict=True):
        cut, marked = (_disjoint(spans, len(text)) for spans in (some, others))
        cuts.append([{"start": begin, "end": end} for begin, end in cut])
        marks.append([{"start": b, "end": e, "kind": "url-password"} for b, e in marked])
        left = ""
        for at, letter in enumerate(text):
            for begin, end in marked:
                if at == begin and not any(b <= begin and end <= e for b, e in cut):
                    left += REPLACEMENTS["url-password"]
            if not any(begin <= at < end for begin, end in (*cut, *marked)):
                left += letter
        expected.append(left)
    lists = [pa.array(cuts, pa.list_(LINE_SPAN)), pa.array(marks, pa.list_(SECRET_SPAN))]
    result = redact_texts(pa.array(texts), lists)
    result.validate(full=True)
    assert result.to_pylist() == expected


def _disjoint(spans: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    for begin, size in sorted(spans):
        if begin + size <= length and (not taken or begin >= taken[-1][1]):
            taken.append((begin, begin + size))
    return taken


def test_a_dialogue_is_redacted_in_its_messages() -> None:
    """The messages lack what the text lacks; other rows do not change."""
    token = SECRETS["npm-token"]
    dialogue = [
        {"role": "user", "content": f"é {token}"},
        {"role": "assistant", "content": f"Never show {token}!"},
    ]
    texts = pa.array([f"x {token}", render(dialogue)])  # type: ignore[arg-type]
    messages = pa.array([None, json.dumps(dialogue)])
    table = redact(
        pa.table({"text": texts, "messages": messages}),
        [pa.chunked_array([find_secrets(texts, CREDENTIALS)])],
    )
    assert table["messages"][0].as_py() is None
    assert json.loads(table["messages"][1].as_py()) == [
        {"role": "user", "content": "é <KEY>"},
        {"role": "assistant", "content": "Never show <KEY>!"},
    ]
    assert table["text"].to_pylist() == [
        "x <KEY>",
        "user: é <KEY>\n\nassistant: Never show <KEY>!",
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> dict[str, Any]:
    """Documents, every second one with a token, and dialogues with one each."""
    token = SECRETS["github-token"]
    codes = [
        {"id": f"{n}", "text": f"n = {n}\n" * 9 + f"t = '{token}'\n" * (n % 2)} for n in range(30)
    ]
    talks = [
        {"id": f"d{n}", "messages": [{"role": "user", "content": f"{n} is {token}"}]}
        for n in range(5)
    ]
    sources = []
    for name, rows, keys in (("s", codes, {}), ("d", talks, {"messages_key": "messages"})):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        sources.append(
            {"type": "jsonl", "name": name, "path": str(path), "id_key": "id", "license": "MIT"}
            | keys
        )
    return {
        "output_dir": str(tmp_path / "run"),
        "corpus": {"train_sources": sources, "dedup": {"exact_only": True}},
        "tokenizer": {"vocab_size": 400},
    }


def test_no_secret_is_tokenized(
    corpus: dict[str, Any],
    build_tree: Callable[..., Path],
    tokenized_texts: Callable[[Path], list[str]],
) -> None:
    """Neither from texts nor from dialogues, unless the option is off; `verify` agrees."""
    token = SECRETS["github-token"]
    root = build_tree(corpus)
    text = "\n".join(tokenized_texts(root))
    assert text.count("<KEY>") == 20
    assert token not in text
    pieces = (root / "tokenizer.model").read_bytes()
    assert not [at for at in range(len(token) - 5) if token[at : at + 6].encode() in pieces]

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, list(arguments))
        assert result.exit_code == 0, result.output
        return result.output

    run("verify", str(root))
    funnel = json.loads(run("report", str(root), "--json"))
    assert funnel["secrets"] == {"documents": 20, "kinds": {"github-token": 20}}
    assert "secrets in" in run("report", str(root))
    assert "github-token 1" in run("explain", str(root), "s:1")
    assert "secrets" not in run("explain", str(root), "s:2")
    split = next(s for s in ("train", "validation") if _has(root, s, "s:1"))
    assert "github-token 1" in run("inspect", str(root), "--id", "s:1", "--split", split)

    corpus["corpus"]["secrets"] = {"enabled": False}
    assert token in "\n".join(tokenized_texts(build_tree(corpus)))
    assert json.loads(run("report", str(root), "--json"))["secrets"] is None
    assert "github-token" not in run("inspect", str(root), "--id", "s:1", "--split", split)


def _has(root: Path, split: str, id: str) -> bool:
    result = CliRunner().invoke(cli, ["inspect", str(root), "--id", id, "--split", split])
    return result.exit_code == 0
