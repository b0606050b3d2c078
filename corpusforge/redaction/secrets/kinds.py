"""The kinds of secrets: their anchors, their patterns and their replacements.

The patterns follow gitleaks (github.com/gitleaks/gitleaks) and detect-secrets
(github.com/Yelp/detect-secrets). Kinds that only the words around them tell (any `password = "…"`)
are left out, since most of them are not secrets. The replacements are StarCoder's (arXiv
2305.06161, section 4).
"""

import re
from dataclasses import dataclass

# Counts in the fact's manifest: documents with secrets, and a prefix of the secrets of a kind.
DOCUMENTS_WITH_SECRETS, FOUND_PREFIX = "documents_with_secrets", "found:"

KEY, PASSWORD, EMAIL, IP_ADDRESS = "<KEY>", "<PASSWORD>", "<EMAIL>", "<IP_ADDRESS>"


@dataclass(frozen=True)
class SecretKind:
    """A kind of secret; the group `secret` of its pattern is what is redacted."""

    name: str
    anchors: tuple[bytes, ...]  # every secret has one of them, at the beginning of the pattern
    pattern: re.Pattern[bytes]
    replacement: str = KEY
    ignore_case: bool = False  # of the anchors
    opening: bytes = b""  # must come before the anchor; a cheap test
    before: int = 0  # bytes from the beginning of the pattern to the anchor, at most
    random: bool = True  # made by a machine: few different characters make it a placeholder


def _token(name: str, anchors: str, shape: str) -> SecretKind:
    """A token that begins with its anchor, and has no letter or digit on either side."""
    pattern = re.compile(rb"(?<![A-Za-z0-9])(?P<secret>%s)(?![A-Za-z0-9])" % shape.encode())
    return SecretKind(name, tuple(anchors.encode().split()), pattern)


# What may be between the lines of an armoured key, in a file or in the strings of a program.
_BETWEEN = rb"""(?:\s|\\[nr]|["'+,])"""
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]{40}")
_IPV4 = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

CREDENTIALS = (
    SecretKind(
        "private-key",
        (b"-----BEGIN ",),
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----%s{0,40}+"
            rb"(?P<secret>(?:(?!%s{0,20}-----)[A-Za-z0-9+/=\s\\\"',:.-]){40,20000}+)"
            % (_BETWEEN, _BETWEEN)
        ),
    ),
    _token("aws-key-id", "AKIA ASIA ABIA ACCA", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    SecretKind(
        "aws-secret-key",
        (b"secret",),
        re.compile(
            rb"(?i:secret[_-]?(?:access[_-]?)?key)[\"']?[ \t]*(?:=>|:=|[:=,])[ \t]*[\"']?"
            rb"(?P<secret>(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])"
            rb"(?=[A-Za-z/+]{0,39}[0-9])[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        ignore_case=True,
    ),
    _token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", "gh[pousr]_[A-Za-z0-9]{36,255}"),
    _token("github-token", "github_pat_", "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _token(
        "gitlab-token",
        "glpat- glptt- glrt- gldt- glcbt- glsoat- glft- glimt- glagent-",
        "gl(?:pat|ptt|rt|dt|cbt|soat|ft|imt|agent)-[A-Za-z0-9_.-]{19,299}[A-Za-z0-9_]",
    ),
    _token(
        "slack-token",
        "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxo-",
        "xox[abeoprs]-(?:[0-9]{1,13}-)+[A-Za-z0-9-]{7,250}[A-Za-z0-9]",
    ),
    _token(
        "slack-webhook",
        "hooks.slack.com/",
        "hooks[.]slack[.]com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,70}",
    ),
    _token(
        "stripe-key",
        "sk_live_ rk_live_ sk_test_ rk_test_",
        "[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}",
    ),
    _token("google-key", "AIza", "AIza[A-Za-z0-9_-]{35}(?![_-])"),
    _token("google-key", "GOCSPX-", "GOCSPX-[A-Za-z0-9_-]{28}"),
    _token("google-key", "ya29.", "ya29[.][A-Za-z0-9_-]{30,2000}"),
    _token("npm-token", "npm_", "npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "pypi-AgE", "pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    _token("openai-key", "sk-proj- sk-svcacct- sk-admin-", "sk-[a-z]+-[A-Za-z0-9_-]{40,250}"),
    _token("openai-key", "sk-", "sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    _token("anthropic-key", "sk-ant-", "sk-ant-[a-z]+[0-9]+-[A-Za-z0-9_-]{80,120}"),
    _token("huggingface-token", "hf_", "hf_[A-Za-z]{34}"),
    _token("sendgrid-key", "SG.", "SG[.][A-Za-z0-9_-]{22}[.][A-Za-z0-9_-]{43}"),
    _token(
        "jwt",
        "eyJ",
        # Not after a letter of its own, so that a text made of anchors takes linear time.
        "(?<![_-])eyJ[A-Za-z0-9_-]{10,4000}+[.]eyJ[A-Za-z0-9_-]{10,8000}+[.][A-Za-z0-9_-]{16,2000}",
    ),
    SecretKind(
        "url-password",
        (b"@",),
        re.compile(
            rb"://[^\s:/?#@\"'<>{}$%()\[\]\\|`]{0,100}:"
            rb"(?P<secret>[^\s:/?#@\"'<>{}$()\[\]\\|`]{3,100})"
            rb"@(?!(?:[A-Za-z0-9-]+[.])*example(?:[.](?:com|org|net))?\b)[A-Za-z0-9\[]"
        ),
        PASSWORD,
        opening=b"://",
        before=204,
        random=False,
    ),
)
EMAILS = SecretKind(
    "email",
    (b"@",),
    re.compile(
        rb"(?<![A-Za-z0-9._%+-])(?P<secret>[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
        rb"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})[.])+[A-Za-z]{2,24})(?![A-Za-z0-9_-])"
    ),
    EMAIL,
    before=64,
    random=False,
)
IP_ADDRESSES = SecretKind(
    "ip-address",
    tuple(b"%d." % digit for digit in range(10)),
    re.compile(
        rb"(?<![0-9A-Za-z.-])(?P<secret>%s(?:[.]%s){3})(?![0-9A-Za-z-]|[.][0-9])" % (_IPV4, _IPV4)
    ),
    IP_ADDRESS,
    before=2,
    random=False,
)
REPLACEMENTS = {kind.name: kind.replacement for kind in (*CREDENTIALS, EMAILS, IP_ADDRESSES)}

# Placeholders of documentation: AWS's keys end in EXAMPLE, jwt.io's token has this subject.
_EXAMPLES = re.compile(
    rb"example|abcdefghij|0123456789|1234567890|your|eyJzdWIiOiIxMjM0NTY3ODkwIi", re.IGNORECASE
)
_PASSWORDS = re.compile(
    rb"(?:my|your|the|some|db|user|root|test|a)?[-_]?"
    rb"(?:pass(?:word|wd)?|pw|pwd|secret|token|key|user(?:name)?|root|admin|guest|test|foo|bar|baz|"
    rb"postgres|mysql|changeme|hunter2|letmein|1234*5*6*|%s|[x*.]+)[0-9]{0,3}",
    re.IGNORECASE,
)
_MIN_DISTINCT_CHARACTERS = 8  # of a random token; 16 random hexadecimal digits have 10
_PUBLIC_IP = re.compile(
    rb"(?!(?:0|10|127|169[.]254|192[.]168|172[.](?:1[6-9]|2[0-9]|3[01])|"
    rb"192[.]0[.]2|198[.]51[.]100|203[.]0[.]113|22[4-9]|23[0-9]|24[0-9]|25[0-5])[.])"
)


def is_placeholder(kind: SecretKind, secret: bytes) -> bool:
    """Whether a text that matches a pattern is an example, or a word in place of a secret."""
    if kind.random:
        if kind.name == "private-key":
            return _BASE64.search(secret) is None
        return len(set(secret)) < _MIN_DISTINCT_CHARACTERS or _EXAMPLES.search(secret) is not None
    if kind is EMAILS:
        return secret.lower().rpartition(b"@")[2].rpartition(b".")[0] == b"example"
    if kind is IP_ADDRESSES:
        return _PUBLIC_IP.match(secret) is None
    return _PASSWORDS.fullmatch(secret) is not None
