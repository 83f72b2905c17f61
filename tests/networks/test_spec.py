"""The specification keeps the names that it has in saved models."""

from dataclasses import fields

import pytest

from unrolled.networks import NetworkSpec
from unrolled.networks.spec import SAVED_NAMES
from unrolled.saving.checked_json import RefusedError

SAVED = {
    "shape": "many-to-one",
    "t": 5,
    "u": None,
    "values": 2,
    "embedded": {"word": 9},
    "spelled": {"letters": (9, 5)},
    "counted": {"ngrams": (7, 2)},
    "mapped": True,
    "patterned": True,
    "vectors": {"word": 3},
    "heads": {"y": 4},
    "ragged": True,
    "pooled": (),
    "tokens": False,
    "stops": False,
    "labels": ("y",),
}


def test_it_is_saved_under_the_names_of_format_2_and_restored_from_them():
    spec = NetworkSpec.from_dict(SAVED)
    assert spec.to_dict() == SAVED
    assert (spec.characters, spec.ngrams) == ({"letters": (9, 5)}, {"ngrams": (7, 2)})
    assert (spec.linear_numbers, spec.minirocket) == (True, True)


def test_every_field_has_a_name_in_saved_models():
    assert list(SAVED_NAMES) == [field.name for field in fields(NetworkSpec)]


@pytest.mark.parametrize("name", ["characters", "minirocket", "extra"])
def test_any_other_name_is_refused(name):
    with pytest.raises(RefusedError, match=f"'{name}'"):
        NetworkSpec.from_dict({**SAVED, name: 1})
