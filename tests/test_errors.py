"""One tree of errors, and the words that help."""

import pytest

from unrolled import errors

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.UnrolledError)
]


def test_every_error_is_a_value_error():
    assert len(KINDS) > 1
    assert issubclass(errors.UnrolledError, ValueError)


@pytest.mark.parametrize("kind", KINDS)
def test_the_docstring_draws_every_error(kind):
    assert f"{kind.__name__} " in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lable", " Did you mean 'label'?"),
        ("txet", " Did you mean 'text'?"),
        ("temperature", ""),
        ("", ""),
    ],
)
def test_nearest_names_what_was_most_likely_meant(name, hint):
    assert errors.did_you_mean(name, ["text", "label"]) == hint


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "'a'"),
        (["a", "b"], "'a', 'b'"),
        (["a", "b", "c"], "'a', 'b' and 1 more"),
        ([1, 2, 3, 4], "'1', '2' and 2 more"),
    ],
)
def test_listed_is_cut_after_its_limit(names, text):
    assert errors.quote_names(names, limit=2) == text
