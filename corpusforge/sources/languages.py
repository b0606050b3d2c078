"""The language of a text file, by its name or by the interpreter in its first line."""

import re

# Texts whose lines may be whole paragraphs, so that long lines do not mean a minified file.
PROSE = frozenset({"markdown", "rst", "asciidoc", "latex", "text"})

_EXTENSIONS = {
    "ada": "adb ads",
    "asciidoc": "adoc asciidoc",
    "assembly": "asm s",
    "awk": "awk",
    "batch": "bat cmd",
    "c": "c h",
    "clojure": "clj cljc cljs",
    "cmake": "cmake",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ inl ipp tpp",
    "csharp": "cs",
    "css": "css less sass scss",
    "cuda": "cu cuh",
    "cython": "pyx pxd pxi",
    "d": "d",
    "dart": "dart",
    "diff": "diff patch",
    "elixir": "ex exs",
    "elm": "elm",
    "erlang": "erl hrl",
    "fortran": "f f03 f08 f77 f90 f95 for",
    "fsharp": "fs fsi fsx",
    "glsl": "frag glsl vert",
    "go": "go",
    "graphql": "gql graphql",
    "groovy": "gradle groovy",
    "haskell": "hs lhs",
    "html": "htm html jinja jinja2 j2 xhtml",
    "ini": "cfg conf ini properties",
    "java": "java",
    "javascript": "cjs js jsx mjs",
    "json": "json json5 jsonc",
    "julia": "jl",
    "kotlin": "kt kts",
    "latex": "bib cls sty tex",
    "lisp": "cl el lisp lsp",
    "lua": "lua",
    "makefile": "mak mk",
    "markdown": "markdown md mdx",
    "meson": "meson",
    "nim": "nim nims",
    "nix": "nix",
    "objective-c": "m mm",
    "ocaml": "ml mli mll mly",
    "pascal": "pas pp",
    "perl": "pl pm pod t",
    "php": "php phtml",
    "powershell": "ps1 psd1 psm1",
    "protobuf": "proto",
    "python": "py pyi pyw",
    "r": "r rmd",
    "racket": "rkt",
    "rst": "rst",
    "ruby": "gemspec rake rb",
    "rust": "rs",
    "scala": "sbt scala",
    "scheme": "scm ss",
    "shell": "bash fish ksh sh zsh",
    "solidity": "sol",
    "sql": "sql",
    "starlark": "bazel bzl star",
    "svelte": "svelte",
    "swift": "swift",
    "systemverilog": "sv svh",
    "tcl": "tcl",
    "terraform": "tf tfvars",
    "text": "text txt",
    "thrift": "thrift",
    "toml": "toml",
    "typescript": "cts mts ts tsx",
    "verilog": "v vh",
    "vhdl": "vhd vhdl",
    "vim": "vim",
    "visual-basic": "bas vb vba",
    "vue": "vue",
    "webassembly": "wat",
    "xml": "xml xsd xsl xslt",
    "yaml": "yaml yml",
    "zig": "zig",
}
_NAMES = {
    "cmake": "cmakelists.txt",
    "dockerfile": "containerfile dockerfile",
    "go": "go.mod",
    "groovy": "jenkinsfile",
    "ini": ".editorconfig .flake8 .pylintrc pipfile",
    "makefile": "gnumakefile makefile",
    "meson": "meson.build meson_options.txt",
    "python": "sconscript sconstruct wscript",
    "ruby": "brewfile gemfile podfile rakefile vagrantfile",
    "shell": ".bash_profile .bashrc .profile .zshrc configure",
    "starlark": "build workspace",
    "text": "authors changelog changes contributing contributors copying copyright history install "
    "licence license maintainers news notice readme thanks todo",
}
_INTERPRETERS = {
    "awk": "awk gawk",
    "javascript": "deno node nodejs",
    "julia": "julia",
    "lua": "lua luajit",
    "makefile": "make",
    "perl": "perl",
    "php": "php",
    "python": "pypy python",
    "r": "rscript",
    "ruby": "ruby",
    "shell": "ash bash dash fish ksh sh zsh",
    "tcl": "tclsh wish",
}
# "#!/usr/bin/env -S python3.11 -u" calls python.
_SHEBANG = re.compile(rb"#!\s*(?:\S*/env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z]+)")

# LICENSE-MIT, COPYING.LESSER and similar names.
_LEGAL = re.compile(r"(copying|licen[cs]e|notice)[.-]")


def _inverted(table: dict[str, str]) -> dict[str, str]:
    return {key: language for language, keys in table.items() for key in keys.split()}


_BY_EXTENSION = _inverted(_EXTENSIONS)
_BY_NAME = _inverted(_NAMES)
_BY_INTERPRETER = _inverted(_INTERPRETERS)

# All languages that are not prose.
CODE = frozenset({*_BY_EXTENSION.values(), *_BY_NAME.values()}) - PROSE


def language_by_name(name: str) -> str | None:
    """Return the language of a file by its name, or None if the name does not show it."""
    name = name.rpartition("/")[2].lower()
    if language := _BY_NAME.get(name):
        return language
    stem, dot, extension = name.rpartition(".")
    if dot and stem and (language := _BY_EXTENSION.get(extension)):
        return language
    return "text" if _LEGAL.match(name) else None


def language_by_shebang(data: bytes) -> str | None:
    """Return the language of a script by its interpreter, or None if that is unknown."""
    if match := _SHEBANG.match(data):
        return _BY_INTERPRETER.get(match[1].decode().lower())
    return None


def may_be_text(name: str) -> bool:
    """Return whether a file may be text: its name is known, or has no extension."""
    base = name.rpartition("/")[2]
    return language_by_name(name) is not None or "." not in base
