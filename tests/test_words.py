"""Prose uses the words of the glossary; the words that it replaced appear nowhere."""

import ast
import re
from pathlib import Path

import pytest

import unrolled
from unrolled.cli import parser

ROOT = Path(__file__).parents[1]
HOME = Path(unrolled.__file__).parent
PAGES = sorted(
    [
        *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"),
        *(
            path
            for folder in ("docs", "examples", "benchmarks")
            for path in ROOT.glob(f"{folder}/**/*.md")
        ),
    ]
)
FILES = sorted(HOME.rglob("*.py"))
GLOSSARY = ROOT / "docs" / "glossary.md"
NAMES_IN_FILES = ("references", "linear map")  # keys of saved models, which must not change
COUNTS = r"(a|each|every|the|best|all|most|more|fewer|many|two|three|five|six|ten|\d+)"
RETIRED = {  # a pattern of what is not written any more, and what is written instead
    rf"\b{COUNTS} pass(es)?\b(?! through)": "epoch",
    r"\bpass(es)? over\b": "epoch",
    r"\bnats\b": "NLL per token",
    r"\bedit rate\b": "token error rate, character error rate, word error rate",
    r"\blinear map\b": "linear branch, or ridge",
    r"\bmixture\b": "branch weights",
    r"\bFaces\b": "ModelBundle",
    r"\bPorts\b": "NetworkSpec",
    r"\bchained\b": "decoder",
    r"\b(?<!`)references\b(?!\.safetensors)": "baselines",
    r"\bstrangers?\b": "other people, untrusted",
    r"\b(rows?|steps?|days|part|share) held out\b": "held-out rows",
    r"\b(told|tells?) (series )?apart\b": "distinguish",
    r"\b(columns?|text|words|tokens|labels?|outputs?) that (go|come)(es)? (in|out)\b": (
        "input, output"
    ),
    r"\bunless (given|stated|said|asked|told)\b": "by default",
    r"\b(made|make|makes) small\b": "loss, minimize",
    r"\balike\b": "equally, the same",
    r"\b[Ss]hare of\b": "fraction of",
    r"\bbroken off\b": "interrupted",
    r"\brows? of (steps|tokens|text)\b": "sequence",
    r"\b(?<!not )known beforehand\b": "future covariate",
    r"\bwild values\b": "outliers",
    r"\bequally long\b": "of the same length",
    r"\bcomes? again\b": "season",
    r"\banswer together\b": "ensemble",
    r"\bmakes? two \w+ equal\b": "random seed",
    r"\btaken for which\b": "confusion matrix",
    r"\bruns? of (up to \w+ |their )?(characters|steps)\b": "character n-grams",
    r"\bintervals? (that )?(hold|holds|held)\b": "coverage",
    r"\bgot .{1,200}?, expected\b": "what is wrong, what was found, what to do",
}


def offences(text):
    """Return the retired words of a text, each with what is written instead."""
    if text in NAMES_IN_FILES:
        return []
    plain = " ".join(text.split())
    return [
        f"'{match[0]}' -> {instead}"
        for pattern, instead in RETIRED.items()
        for match in re.finditer(pattern, plain)
    ]


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_uses_the_words_of_the_glossary(page):
    text = page.read_text(encoding="utf-8")
    assert not offences(text)


@pytest.mark.parametrize("command", ["", *parser().commands])
def test_help_uses_the_words_of_the_glossary(command):
    top = parser()
    start = top.make_context("unrolled", [], resilient_parsing=True)
    verb = top.commands[command] if command else top
    context = (
        verb.make_context(command, [], parent=start, resilient_parsing=True) if command else start
    )
    assert not offences(verb.get_help(context))


def strings(tree):
    """Return every string of a file (docstrings, messages), with braces for what is filled in."""
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            inside |= {id(part) for part in ast.walk(node)}
            yield node.lineno, "".join(parts)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", FILES, ids=name)
def test_docstrings_and_messages_use_the_words_of_the_glossary(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [f"line {line}: {words}" for line, text in strings(tree) for words in offences(text)]
    assert not found


def terms():
    """Return the terms of the glossary with their lines."""
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return [term for term, _ in rows]


def test_the_glossary_is_in_alphabetical_order():
    listed = terms()
    assert len(listed) > 60
    assert listed == sorted(listed, key=lambda term: term.lower().replace("-", " "))
    assert len(set(listed)) == len(listed)


def test_the_glossary_does_not_use_retired_words_itself():
    assert not offences(GLOSSARY.read_text("utf-8"))
