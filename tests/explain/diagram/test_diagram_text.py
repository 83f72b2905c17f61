"""Small pictures as they stand on a terminal, character for character."""

from __future__ import annotations

import pytest

from unrolled.explain.diagram import Wiring, diagram

PICTURES = [
    (
        Wiring("many-to-one", "last", t=2, u=None, f=4, o=1, units=8, bidirectional=True),
        """
many-to-one · last · bidirectional LSTM
b t f -> b o

                      ┌─────┐
output                │  y  │
o = 1                 └──▲──┘
                         │
                      [Dense]
                         ▲
2h = 16  [ concat: last of each direction ]
                     ▲        ▲
                 ┌───┴─┐      │ ┌─────┐
LSTM ←           │  h1 │◀─────┼─┤  h2 │
h = 8            └───▲─┘      │ └───▲─┘
                     │        │     │
             ┌─────┐ │      ┌─┴───┐ │
LSTM →       │  h1 ├─┼─────▶│  h2 │ │
h = 8        └─▲───┘ │      └─▲───┘ │
               │     │        │     │
input        ┌─┴─────┴─┐    ┌─┴─────┴─┐
t = 2        │    x1   │    │    x2   │
f = 4        └─────────┘    └─────────┘

The last state of each direction (forward at the last step, backward
at the first) is all that the output reads.
""",
    ),
    (
        Wiring("unaligned", "tail", t=4, u=2, f=4, o=1, units=8, dropout=0.2),
        """
unaligned · tail · LSTM
b t f -> b u o

output                             ┌─────┐    ┌─────┐
u = 2                              │  y1 │    │  y2 │
o = 1                              └──▲──┘    └──▲──┘
                                      │          │
             ╎╌╌╌ dropped ╌╌╌╌╎    [Dense]    [Dense]
dropout 0.2     △          △          ▲          ▲
             ┌──┴──┐    ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
LSTM →       │  h1 ├───▶│  h2 ├───▶│  h3 ├───▶│  h4 │
h = 8        └──▲──┘    └──▲──┘    └──▲──┘    └──▲──┘
                │          │          │          │
input        ┌──┴──┐    ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
t = 4        │  x1 │    │  x2 │    │  x3 │    │  x4 │
f = 4        └─────┘    └─────┘    └─────┘    └─────┘

The input's last 2 steps have the outputs.
""",
    ),
    (
        Wiring("unaligned", "padded", t=24, u=2, f=4, o=1, units=8),
        """
unaligned · padded · LSTM
b t f -> b u o

output                                          ┌─────┐    ┌─────┐
u = 2                                           │  y1 │    │  y2 │
o = 1                                           └──▲──┘    └──▲──┘
                                                   │          │
        ╎╌╌╌╌╌╌╌╌╌╌╌╌ dropped ╌╌╌╌╌╌╌╌╌╌╌╌╌╎    [Dense]    [Dense]
           △          △                 △          ▲          ▲
        ┌──┴──┐    ┌──┴──┐           ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
LSTM →  │  h1 ├───▶│  h2 ├──── … ───▶│ h24 ├───▶│ h25 ├───▶│ h26 │
h = 8   └──▲──┘    └──▲──┘           └──▲──┘    └──▲──┘    └──▲──┘
           │          │                 │          │          │
input   ┌──┴──┐    ┌──┴──┐           ┌──┴──┐    ┌╌╌┴╌╌┐    ┌╌╌┴╌╌┐
t = 24  │  x1 │    │  x2 │     …     │ x24 │    ╎  0  ╎    ╎  0  ╎
f = 4   └─────┘    └─────┘           └─────┘    └╌╌╌╌╌┘    └╌╌╌╌╌┘

2 zero steps follow the input: the outputs come after all of it was
read.
""",
    ),
    (
        Wiring("unaligned", "vector", t=None, u=2, f=4, o=3, units=8),
        """
unaligned · vector · LSTM
b t f -> b u o

output                        ┌─────┐    ┌─────┐
u = 2                         │  y1 │    │  y2 │
o = 3                         └──▲──┘    └──▲──┘
                                 │          │
                              [ Reshape(2, 3)  ]
                                      ▲
          ┌───────────────────────────┴────────────────────────────┐
Dense     │                Dense: all steps at once                │
u·o = 6   └─────────────────────────────────────────────────────▲──┘
                                                                │
          ┌─────┐    ┌─────┐    ┌─────┐           ┌─────┐    ┌──┴──┐
LSTM →    │  h1 ├───▶│  h2 ├───▶│  h3 ├──── … ───▶│ ht-1├───▶│  ht │
h = 8     └──▲──┘    └──▲──┘    └──▲──┘           └──▲──┘    └──▲──┘
             │          │          │                 │          │
input     ┌──┴──┐    ┌──┴──┐    ┌──┴──┐           ┌──┴──┐    ┌──┴──┐
t varies  │  x1 │    │  x2 │    │  x3 │     …     │ xt-1│    │  xt │
f = 4     └─────┘    └─────┘    └─────┘           └─────┘    └─────┘

The state after the last step gives all output steps at once.
""",
    ),
    (
        Wiring("unaligned", "repeat", t=3, u=2, f=4, o=1, units=8, cell="gru"),
        """
unaligned · repeat · GRU
b t f -> b u o

output          ┌─────┐    ┌─────┐
u = 2           │  y1 │    │  y2 │
o = 1           └──▲──┘    └──▲──┘
                   │          │
                [Dense]    [Dense]
                   ▲          ▲
                ┌──┴──┐    ┌──┴──┐
decoder →       │  s1 ├───▶│  s2 │
GRU h = 8       └──▲──┘    └──▲──┘
                   │          │
           ┌───────┴──────────┴────────┐
copies     │      RepeatVector(2)      │
u = 2      └────────────────────────▲──┘
                                    │
           ┌─────┐    ┌─────┐    ┌──┴──┐
encoder →  │  h1 ├───▶│  h2 ├───▶│  h3 │
GRU h = 8  └──▲──┘    └──▲──┘    └──▲──┘
              │          │          │
input      ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
t = 3      │  x1 │    │  x2 │    │  x3 │
f = 4      └─────┘    └─────┘    └─────┘

The state after the last step, repeated, is all that the decoder
reads at each of the 2 output steps.
""",
    ),
    (
        Wiring("one-to-many", "repeat", t=None, u=24, f=4, o=1, units=8),
        """
one-to-many · repeat · LSTM
b f -> b u o

output  ┌─────┐    ┌─────┐    ┌─────┐           ┌─────┐    ┌─────┐
u = 24  │  y1 │    │  y2 │    │  y3 │     …     │ y23 │    │ y24 │
o = 1   └──▲──┘    └──▲──┘    └──▲──┘           └──▲──┘    └──▲──┘
           │          │          │                 │          │
        [Dense]    [Dense]    [Dense]     …     [Dense]    [Dense]
           ▲          ▲          ▲                 ▲          ▲
        ┌──┴──┐    ┌──┴──┐    ┌──┴──┐           ┌──┴──┐    ┌──┴──┐
LSTM →  │  h1 ├───▶│  h2 ├───▶│  h3 ├──── … ───▶│ h23 ├───▶│ h24 │
h = 8   └──▲──┘    └──▲──┘    └──▲──┘           └──▲──┘    └──▲──┘
           │          │          │                 │          │
        ┌──┴──────────┴──────────┴─────────────────┴──────────┴──┐
copies  │                    RepeatVector(24)                    │
u = 24  └────────────────────────────▲───────────────────────────┘
                                     │
                                  ┌──┴──┐
input                             │  x  │
f = 4                             └─────┘

The same input is read at each of the 24 output steps.
""",
    ),
    (
        Wiring("one-to-many", "decoder", t=None, u=3, f=4, o=1, units=8),
        """
one-to-many · decoder · LSTM
b f -> b u o

output            ┌─────────┐    ┌─────────┐    ┌─────────┐
u = 3             │    y1   ├─┐  │    y2   ├─┐  │    y3   │
o = 1             └────▲────┘ │  └────▲────┘ │  └────▲────┘
                       │      │       │      │       │
                    [Dense]   │    [Dense]   │    [Dense]
                       ▲      │       ▲      │       ▲
                  ┌────┴────┐ │  ┌────┴────┐ │  ┌────┴────┐
LSTM →          ┌▶│    h1   ├─┼─▶│    h2   ├─┼─▶│    h3   │
h = 8           │ └────▲────┘ │  └────▲────┘ │  └────▲────┘
                │      │      │       │      │       │
                │ [   add   ] │  [   add   ] │  [   add   ]
                │    ▲    ▲   │     ▲    ▲   │     ▲    ▲
                │ ┌──┴──┐ │   │  ┌──┴──┐ │   │  ┌──┴──┐ │
previous        │ │start│ │   └─▶│  y1 │ │   └─▶│  y2 │ │
one step late   │ └─────┘ │      └─────┘ │      └─────┘ │
                │         │              │              │
               ┌┴─────────┴──────────────┴──────────────┴─┐
input again    │        Dense: read at every step         │
h = 8          └──────────────────────▲───────────────────┘
                                      │
                                   ┌──┴──┐
input                              │  x  │
f = 4                              └─────┘

The input starts the decoder. Each step reads the output of the step
before it, and the input again.
""",
    ),
    (
        Wiring(
            "unaligned", "decoder", t=3, u=None, f=4, o=9, units=8, layers=2, cell="gru", ends="END"
        ),
        """
unaligned · decoder · GRU, 2 layers
b t f -> b u o

                                                         [ END ]
                                                            ▲
output            ┌─────────┐    ┌─────────┐           ┌────┴────┐
u varies          │    y1   ├─┐  │    y2   ├─┐   …     │    yu   │
o = 9             └────▲────┘ │  └────▲────┘ │         └────▲────┘
                       │      │       │      │              │
                    [Dense]   │    [Dense]   │   …       [Dense]
                       ▲      │       ▲      │              ▲
tanh, h = 8       [attention] │  [attention] │   …     [attention]
                     ▲    ▲   │     ▲    ▲   │            ▲    ▲
                  ┌──┴──┐ │   │  ┌──┴──┐ │   │         ┌──┴──┐ │
decoder 2 →     ┌▶│  s1 ├─┼───┼─▶│  s2 ├─┼───┼── … ───▶│  su │ │
GRU h = 8       │ └──▲──┘ │   │  └──▲──┘ │   │         └──▲──┘ │
                │    │    │   │     │    │   │            │    │
                │ ┌──┴──┐ │   │  ┌──┴──┐ │   │         ┌──┴──┐ │
decoder 1 →     ├▶│  s1 ├─┼───┼─▶│  s2 ├─┼───┼── … ───▶│  su │ │
GRU h = 8       │ └──▲──┘ │   │  └──▲──┘ │   │         └──▲──┘ │
                │    │    │   │     │    │   │            │    │
                │ ┌──┴──┐ │   │  ┌──┴──┐ │   │         ┌──┴──┐ │
previous        │ │start│ │   └─▶│  y1 │ │   └── … ───▶│ yu-1│ │
one step late   │ └─────┘ │      └─────┘ │             └─────┘ │
                │         │              │                     │
               ┌┴─────────┴──────────────┴─────────────────────┴─┐
memory         │               states of all steps               │
t = 3          └───────────────▲──────────▲──────────▲───────────┘
                               │          │          │
                            ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
encoder 2 →                 │  h1 ├───▶│  h2 ├───▶│  h3 │
GRU h = 8                   └──▲──┘    └──▲──┘    └──▲──┘
                               │          │          │
                            ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
encoder 1 →                 │  h1 ├───▶│  h2 ├───▶│  h3 │
GRU h = 8                   └──▲──┘    └──▲──┘    └──▲──┘
                               │          │          │
input                       ┌──┴──┐    ┌──┴──┐    ┌──┴──┐
t = 3                       │  x1 │    │  x2 │    │  x3 │
f = 4                       └─────┘    └─────┘    └─────┘

The state after the last step starts the decoder. Each step reads
the output of the step before it, and all input steps through
attention. A row ends with the step whose output is END.
""",
    ),
    (
        Wiring(
            "many-to-one", "pooled", t=2, u=None, f=4, o=1, units=8, layers=2, bidirectional=True
        ),
        """
many-to-one · pooled · bidirectional LSTM, 2 layers
b t f -> b o

                     ┌─────┐
output               │  y  │
o = 1                └──▲──┘
                        │
                     [Dense]
                        ▲
            ┌───────────┴────────────┐
pooling     │  mean over the steps   │
t = 2       └────▲──────────────▲────┘
                 │              │
2h = 16     [  concat ]    [  concat ]
              ▲     ▲        ▲     ▲
              │ ┌───┴─┐      │ ┌───┴─┐
LSTM 2 ←      │ │  h1 │◀─────┼─┤  h2 │
h = 8         │ └───▲─┘      │ └───▲─┘
              │     │        │     │
            ┌─┴───┐ │      ┌─┴───┐ │
LSTM 2 →    │  h1 ├─┼─────▶│  h2 │ │
h = 8       └─▲───┘ │      └─▲───┘ │
              │     │        │     │
2h = 16     [  concat ]    [  concat ]
              ▲     ▲        ▲     ▲
              │ ┌───┴─┐      │ ┌───┴─┐
LSTM 1 ←      │ │  h1 │◀─────┼─┤  h2 │
h = 8         │ └───▲─┘      │ └───▲─┘
              │     │        │     │
            ┌─┴───┐ │      ┌─┴───┐ │
LSTM 1 →    │  h1 ├─┼─────▶│  h2 │ │
h = 8       └─▲───┘ │      └─▲───┘ │
              │     │        │     │
input       ┌─┴─────┴─┐    ┌─┴─────┴─┐
t = 2       │    x1   │    │    x2   │
f = 4       └─────────┘    └─────────┘

The mean of the states of all steps is all that the output reads.
""",
    ),
    (
        Wiring(
            "one-to-one",
            "dense",
            t=None,
            u=None,
            f=2,
            o=1,
            units=8,
            inputs=("temperature", "humidity"),
        ),
        """
one-to-one · dense · 1 hidden layer
b f -> b o

                       ┌─────┐
output                 │  y  │
o = 1                  └──▲──┘
                          │
                       [Dense]
                          ▲
                       ┌──┴──┐
hidden                 │Dense│
relu, h = 8            └──▲──┘
                          │
                       ┌──┴──┐
input                  │  x  │
f = 2                  └─────┘

There are no steps, so there is no recurrence.
x: temperature, humidity
""",
    ),
]


@pytest.mark.parametrize(("wiring", "picture"), PICTURES)
def test_the_text_is_exactly_this(wiring, picture):
    assert diagram(wiring).text == picture.strip("\n")
