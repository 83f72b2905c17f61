"""The weights a network has at least, told before it is built, are near to those it has."""

import pytest

from unrolled.errors import ShapeError
from unrolled.networks import (
    ARCHITECTURES,
    NetworkSpec,
    build,
    build_bundle,
    minirocket,
    with_defaults,
)
from unrolled.networks.size_limit import min_weights, refuse_larger
from unrolled.settings import Network
from unrolled.shapes import FACTS

NEAR = 12  # times as many as told: both ways of reading, gates, a decoder's own layers


def sizes(row, values, heads):
    """Return ports of an architecture."""
    t = 6 if FACTS[row.shape].inputs == "many" else None
    u = 3 if row.shape in ("one-to-many", "unaligned") else None
    return NetworkSpec(row.shape, t=t, u=u, values=values, heads=heads)


@pytest.mark.representatives(12)
@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape}-{row.title}")
@pytest.mark.parametrize(
    ("values", "o", "units", "layers"), [(1, 1, 32, 1), (50, 2, 3, 2), (2, 60, 4, 1)]
)
def test_it_is_never_more_and_not_much_less(row, values, o, units, layers):
    spec = sizes(row, values, {"y": o})
    network = with_defaults(spec, Network(**row.settings, units=units, layers=layers))
    true, told = build(spec, network).count_params(), min_weights(spec, network)
    assert true / NEAR <= told <= true


@pytest.mark.parametrize("tokens", [False, True])
def test_vocabularies_count(tokens):
    spec = NetworkSpec("unaligned", u=3, values=0, embedded={"a": 64}, heads={"y": 70}, ragged=True,
                  tokens=tokens)  # fmt: skip
    network = with_defaults(spec, Network(architecture="decoder" if tokens else "repeat", units=2))
    true, told = build(spec, network).count_params(), min_weights(spec, network)
    assert true / NEAR <= told <= true


def test_filters_of_patterns_count_once_however_many_networks_there_are():
    sizes = {
        "values": 3,
        "linear_numbers": True,
        "heads": {"y": 4},
        "labels": ("y",),
        "ragged": True,
    }
    spec, network = NetworkSpec("many-to-one", **sizes, minirocket=True), Network(units=4)
    made = with_defaults(spec, network)
    true = build_bundle(spec, network, seeds=(0, 1, 2)).model.count_params()
    assert true > minirocket.weight_count(3) > 0
    refuse_larger(spec, made, networks=3, arrays=99, weights=true)
    with pytest.raises(ShapeError, match="has at least"):
        refuse_larger(spec, made, networks=3, arrays=99, weights=minirocket.weight_count(3))


def test_fewer_weights_are_refused():
    spec, network = NetworkSpec("many-to-one", t=3), Network(architecture="last", units=65536)
    with pytest.raises(ShapeError) as caught:
        refuse_larger(spec, network, networks=1, arrays=5, weights=2500)
    assert str(caught.value) == (
        "a network of units=65536, layers=1 for these columns has at least 17180000256 weights,"
        " and there are 2500"
    )
