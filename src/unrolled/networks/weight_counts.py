"""Lower bounds of the number of weights of each architecture.

Each function takes the sizes, the settings without gaps, and the features of an input step.
"""

from __future__ import annotations

from unrolled.networks.spec import NetworkSpec
from unrolled.settings import Network
from unrolled.shapes import segment

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def dense(spec: NetworkSpec, network: Network, f: int) -> int:
    """Return the weights of hidden layers and output layers."""
    h, o = network.units or 1, _outputs(spec)
    if not network.layers:
        return f * o
    return f * h + (network.layers - 1) * h * h + h * o


def recurrent(spec: NetworkSpec, network: Network, f: int) -> int:
    """Return the weights of recurrent layers, of their input, and of the output layers."""
    h = network.units or 1
    return _recurrent_kernels(network) + h * (f + _outputs(spec))


def all_steps_at_once(spec: NetworkSpec, network: Network, f: int) -> int:
    """Return the weights where one output layer has the values of all u steps."""
    h, u = network.units or 1, spec.u or 1
    return _recurrent_kernels(network) + h * (f + u * _outputs(spec))


def segments(spec: NetworkSpec, network: Network, f: int) -> int:
    """Return the weights where the steps of the recurrence are segments."""
    h, t, u = network.units or 1, spec.t or 1, spec.u or 1
    w = segment(t, u)
    return _recurrent_kernels(network) + h * (w * f + w * _outputs(spec) + u // w)


def decoder(spec: NetworkSpec, network: Network, f: int) -> int:
    """Return the weights of a decoder, which embeds the tokens that it is fed back."""
    o = _outputs(spec)
    width = min(network.units or 1, spec.width(o))  # as wide as the states without attention
    return recurrent(spec, network, f) + (o * width if spec.tokens else 0)


def _recurrent_kernels(network: Network) -> int:
    """Return the weights from state to state."""
    h = network.units or 1
    return GATES[network.cell] * h * h * network.layers


def _outputs(spec: NetworkSpec) -> int:
    """Return the number of output values of a step."""
    return sum(spec.heads.values())
