"""The printed script runs without unrolled and is the same network."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.explain.code import code
from unrolled.from_sizes import build
from unrolled.networks import (
    ARCHITECTURES,
    PREVIOUS,
    STOP,
    ModelBundle,
    NetworkSpec,
    build_bundle,
    unwrap_single,
)
from unrolled.networks import build as build_network
from unrolled.settings import Network
from unrolled.shapes import FACTS

layers = keras.layers
ROWS, U = 6, 7

COMPILED = {  # what this process compiled, the other need not compile again
    "JAX_COMPILATION_CACHE_DIR": jax.config.jax_compilation_cache_dir or "",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
}
RUNNER = """
import sys
from pathlib import Path

import numpy as np

for folder in sorted(Path(sys.argv[1]).iterdir()):
    names = {}
    exec((folder / "script.py").read_text(), names)
    model = names["model"]
    weights = np.load(folder / "weights.npz")
    model.set_weights([weights[str(i)] for i in range(len(weights.files))])
    x, y = (dict(np.load(folder / f"{side}.npz")) for side in "xy")
    got = model.predict_on_batch(x if isinstance(model.input, dict) else x["x"])
    got = got if isinstance(got, dict) else {"y": got}
    assert got.keys() == y.keys(), folder.name
    for name in y:
        np.testing.assert_allclose(got[name], y[name], rtol=1e-5, atol=1e-5, err_msg=folder.name)
    if (folder / "said.npz").exists():
        said = dict(np.load(folder / "said.npz"))
        rows = list(names["generate"]({k: v for k, v in x.items() if k != "previous"}))
        assert [len(row) for row in rows] == said["lengths"].tolist(), folder.name
        exact = said["flat"].dtype == "int32"
        close = np.testing.assert_array_equal if exact else np.testing.assert_allclose
        close(np.concatenate(rows), said["flat"], **{} if exact else {"rtol": 1e-4, "atol": 1e-5})
    print(folder.name)
assert not [name for name in sys.modules if name.startswith("unrolled")]
"""


def bare(row, **settings):
    """Return a network of an architecture, with whatever its shape asks for."""
    sizes = {"t": 5} if FACTS[row.shape].inputs == "many" else {}
    sizes |= {"u": 3} if row.shape in ("one-to-many", "unaligned") else {}
    return build(row.shape, **row.settings, f=2, o=2, units=4, **sizes, **settings)


def of_many_inputs(row, **settings):
    """Return a network with rows of different lengths, embedded inputs and several outputs."""
    spec = NetworkSpec(
        row.shape,
        u=3 if row.shape == "unaligned" else None,
        values=2,
        embedded={"word": 9, "class": 9, "a b": 9, "a_b": 9, "2nd": 9, "h": 9, "layers": 9},
        heads={"tag": 2, "word": 1, 'the "price"': 3},
        ragged=True,
    )
    return build_network(spec, Network(**row.settings, units=4, **settings))


def of_text(pooling):
    """Return a network of words, their characters and the runs beside them."""
    spec = NetworkSpec(
        "many-to-one",
        values=0,
        embedded={"word": 9},
        characters={"letters": (9, 5)},
        ngrams={"runs": (9, 2)},
        labels=("y",),
        ragged=True,
    )
    return build_network(spec, Network(pooling=pooling, units=4, dropout=0.5))


def decoders():
    """Return autoregressive decoders with their specifications, by name."""
    words = {"values": 0, "embedded": {"word": 9}, "ragged": True}
    ids = {"heads": {"said": 9}, "tokens": True}
    made = {
        "facts": (NetworkSpec("one-to-many", u=U, values=2, heads={"y": 2}), {}),
        "facts-tokens": (
            NetworkSpec("one-to-many", u=U, values=2, **ids),
            {"cell": "gru", "layers": 2},
        ),
        "facts-stops": (NetworkSpec("one-to-many", u=U, values=2, stops=True), {"cell": "rnn"}),
        "rows": (NetworkSpec("unaligned", t=5, u=U, values=2, heads={"y": 2}), {"layers": 2}),
        "rows-tokens": (NetworkSpec("unaligned", u=U, **words, **ids), {"dropout": 0.2}),
        "rows-one-way": (
            NetworkSpec("unaligned", u=U, **words, **ids),
            {"cell": "gru", "layers": 2, "bidirectional": False},
        ),
        "rows-stops": (
            NetworkSpec("unaligned", u=U, values=2, ragged=True, stops=True),
            {"layers": 2},
        ),
    }
    return {
        name: (spec, build_bundle(spec, Network(architecture="decoder", units=4, **settings)))
        for name, (spec, settings) in made.items()
    }


def generate_rows(spec, made: ModelBundle, inputs):
    """Return what a decoder generates, row by row and a step at a time."""
    encoded = made.encode.predict_on_batch(unwrap_single(inputs))
    (name, o), *_ = spec.heads.items()
    rows, ended = [[] for _ in range(ROWS)], np.zeros(ROWS, bool)
    previous = np.full((ROWS, 1), 2) if spec.tokens else np.zeros((ROWS, 1, o), "float32")
    for _ in range(spec.u):
        out = made.step.predict_on_batch({PREVIOUS: previous, **encoded})
        encoded["states"] = out["states"]
        for k, row in enumerate(rows):
            scores = out[name][k, 0]
            step = max(range(2, o), key=scores.__getitem__) if spec.tokens else scores
            previous[k, 0] = step
            if not ended[k]:
                row.append(step)
                ended[k] = step == 2 if spec.tokens else spec.stops and out[STOP][k, 0, 0] > 0
    return rows


def apart(spec, made: ModelBundle, x, rng):
    """Draw weights until rows end at several steps; return the rows that are generated."""
    inputs = {name: array for name, array in x.items() if name != PREVIOUS}
    for _ in range(100):
        rows = generate_rows(spec, made, inputs)
        if len({len(row) for row in rows}) > 2 or not (spec.tokens or spec.stops):
            break
        weights = made.model.get_weights()
        made.model.set_weights([rng.normal(size=w.shape, scale=0.7) for w in weights])
    else:
        pytest.fail("no weights let rows end at several steps")
    if spec.tokens:
        return [np.array(row + [0] * (spec.u - len(row)), "int32") for row in rows]
    return [np.array(row) for row in rows]


def networks():
    """Return every network whose script is run, by name."""
    every = {f"{row.shape}-{row.title}".replace(" ", "-"): row for row in ARCHITECTURES}
    found = {name: bare(row) for name, row in every.items()}
    stacked = {"layers": 2, "dropout": 0.2}
    both = {"bidirectional": True, **stacked}
    found["linear"] = build("one-to-one", f=2, layers=0)
    found["hidden"] = bare(every["one-to-one-dense"], layers=1)
    found["stacked"] = bare(every["one-to-one-dense"], **stacked)
    found["pooled-both-ways"] = bare(every["many-to-one-pooled"], bidirectional=True)
    found["decoder-both-ways"] = bare(every["unaligned-decoder"], bidirectional=True)
    found["both-ways"] = bare(every["unaligned-repeat"], cell="gru", **both)
    found["open"] = build("unaligned", architecture="padded", u=2, f=2, cell="rnn", units=3)
    found["ragged-last"] = of_many_inputs(every["many-to-one-last"])
    found["ragged-steps"] = of_many_inputs(every["aligned-steps"], **both)
    found["ragged-vector"] = of_many_inputs(every["unaligned-vector"], dropout=0.1)
    for pooling in ("mean", "max", "last", "attention"):
        found[f"text-{pooling}"] = of_text(pooling)
    found["states"], found["settings"] = with_states(), with_settings()
    return found


def with_states():
    """Return an encoder whose states begin a decoder, by hand."""
    x, start = keras.Input((5, 2), name="x"), keras.Input((3, 2), name="start")
    _, h, c = layers.LSTM(4, return_state=True)(x)
    decoded = layers.LSTM(4, return_sequences=True)(start, initial_state=[h, c])
    y = layers.TimeDistributed(layers.Dense(1))(decoded)
    return keras.Model({"x": x, "start": start}, {"y": y})


def with_settings():
    """Return a network of settings that differ from Keras' defaults."""
    x = keras.Input((5, 2))
    back = layers.GRU(4, go_backwards=True)
    h = layers.Bidirectional(layers.LSTM(4), backward_layer=back, merge_mode="concat")(x)
    h = layers.Dense(3, activation="tanh", kernel_regularizer="l2", bias_initializer="ones")(h)
    return keras.Model(x, layers.Reshape((3, 1))(h)[:, 1:, 0])


def example(model, rng):
    """Return inputs of some rows, by name."""
    struct = model.input if isinstance(model.input, dict) else {"x": model.input}
    inputs = {}
    for name, tensor in struct.items():
        size = [ROWS, *(n or 5 for n in tensor.shape[1:])]
        kinds = {"float32": rng.normal(size=size), "int32": rng.integers(0, 9, size)}
        ends = np.arange(5) < np.array([[5], [3], [1], [4], [5], [2]])
        inputs[name] = ends if name == "mask" else kinds[tensor.dtype].astype(tensor.dtype)
    return inputs


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """Write each script with weights, inputs and the outputs of the network it was read off."""
    root, rng = tmp_path_factory.mktemp("scripts"), np.random.default_rng(0)
    chained = decoders()
    forced = {name: made.model for name, (_, made) in chained.items()}
    for name, model in {**networks(), **forced}.items():
        model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
        x = example(model, rng)
        rows = apart(*chained[name], x, rng) if name in chained else None
        y = model.predict_on_batch(x if isinstance(model.input, dict) else x["x"])
        folder = root / name
        folder.mkdir()
        (folder / "script.py").write_text(code(model, steps=U))
        weights = {str(i): w for i, w in enumerate(model.get_weights())}
        np.savez(folder / "weights.npz", **weights)
        np.savez(folder / "x.npz", **x)
        np.savez(folder / "y.npz", **(y if isinstance(y, dict) else {"y": y}))
        if rows is not None:
            lengths = [len(row) for row in rows]
            np.savez(folder / "said.npz", flat=np.concatenate(rows), lengths=lengths)
    return root


@pytest.mark.slow
def test_every_script_runs_with_keras_alone_and_says_the_same(scripts):
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(scripts)],
        env={"KERAS_BACKEND": "jax", **COMPILED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(folder.name for folder in scripts.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("verb", [["format", "--check"], ["check", "--select=E,F"]])
def test_every_script_is_formatted_and_clean(scripts, verb):
    ruff = [sys.executable, "-m", "ruff", *verb, "--isolated", "--line-length=88"]
    done = subprocess.run([*ruff, str(scripts)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_script_of_a_tail_reads_at_a_glance():
    model = build("unaligned", architecture="tail", t=6, f=4, u=3, o=2, units=8, dropout=0.2)
    assert code(model) == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "x = keras.Input((6, 4))  # b 6 4\n"
        "h = layers.LSTM(8, return_sequences=True)(x)  # b 6 8\n"
        "h = layers.Dropout(0.2)(h)  # b 6 8\n"
        "h = h[:, -3:]  # b 3 8\n"
        "y = layers.Dense(2)(h)  # b 3 2\n"
        "model = keras.Model(x, y)\n"
    )


def test_the_script_of_several_inputs_and_outputs_names_them():
    spec = NetworkSpec(
        "many-to-one",
        values=2,
        embedded={"word": 9, "class": 80},
        heads={"label": 3, "how much": 1},
        ragged=True,
    )
    assert code(build_network(spec, Network(units=8))) == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        'x = keras.Input((None, 2), name="x")  # b t 2\n'
        'word = keras.Input((None,), dtype="int32", name="word")  # b t\n'
        'class_2 = keras.Input((None,), dtype="int32", name="class")  # b t\n'
        'mask = keras.Input((None,), dtype="bool", name="mask")  # b t\n'
        "h = layers.Embedding(9, 16)(word)  # b t 16\n"
        "h2 = layers.Embedding(80, 64)(class_2)  # b t 64\n"
        "h = layers.Concatenate()([x, h, h2])  # b t 82\n"
        "h = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(h, mask=mask)  # b t 16\n"
        "h = layers.GlobalAveragePooling1D()(h, mask=mask)  # b 16\n"
        "label = layers.Dense(3)(h)  # b 3\n"
        "how_much = layers.Dense(1)(h)  # b 1\n"
        "model = keras.Model(\n"
        '    {"x": x, "word": word, "class": class_2, "mask": mask},\n'
        '    {"label": label, "how much": how_much},\n'
        ")\n"
    )


def test_the_script_of_a_decoder_reads_at_a_glance():
    model = build("one-to-many", architecture="decoder", f=4, u=3, o=2, units=8)
    assert code(model, steps=3) == (
        "import keras\n"
        "import numpy as np\n"
        "from keras import layers\n"
        "\n"
        'x = keras.Input((4,), name="x")  # b 4\n'
        'previous = keras.Input((None, 2), name="previous")  # b u 2\n'
        "h = layers.Dense(8)(x)  # b 8\n"
        "h = layers.Reshape((1, 8))(h)  # b 1 8\n"
        'state_h = layers.Dense(8, activation="tanh")(x)  # b 8\n'
        'state_c = layers.Dense(8, activation="tanh")(x)  # b 8\n'
        "h2 = layers.Dense(8)(previous)  # b u 8\n"
        "h = layers.Add()([h2, h])  # b u 8\n"
        "decoder_outputs, _, _ = layers.LSTM(8, return_sequences=True, return_state=True)(\n"
        "    h,\n"
        "    initial_state=[state_h, state_c],\n"
        ")  # b u 8\n"
        "y = layers.Dense(2)(decoder_outputs)  # b u 2\n"
        'model = keras.Model({"x": x, "previous": previous}, y)\n'
        "\n"
        "\n"
        "# Each step's output is the next step's input. The simplest form, not the fastest: the\n"
        "# whole model runs once for each of the u steps, though only one of its steps is new.\n"
        "# In training, `previous` is the true outputs one step late, after first zeros.\n"
        "def generate(inputs, steps=3):  # the arrays by name, without `previous`, to (b u o)\n"
        '    outputs = np.zeros((len(inputs["x"]), 1 + steps, 2), "float32")  # b 1+u o\n'
        "    for k in range(steps):\n"
        '        y = model.predict_on_batch({**inputs, "previous": outputs[:, :-1]})  # b u o\n'
        "        outputs[:, k + 1] = y[:, k]\n"
        "    return outputs[:, 1:]\n"
    )


def test_encoder_and_decoder_are_named_in_the_script():
    sizes = {"t": 6, "f": 4, "u": 3, "o": 2, "units": 8, "dropout": 0.1}
    plain = build("unaligned", architecture="decoder", attention=False, **sizes)
    assert code(plain).splitlines()[3:] == [
        'x = keras.Input((6, 4), name="x")  # b 6 4',
        'previous = keras.Input((None, 2), name="previous")  # b u 2',
        "_, state_h, state_c = layers.LSTM(8, return_state=True)(x)  # b 8",
        "decoder_outputs, _, _ = layers.LSTM(8, return_sequences=True, return_state=True)(",
        "    previous,",
        "    initial_state=[state_h, state_c],",
        ")  # b u 8",
        "decoder_outputs = layers.Dropout(0.1)(decoder_outputs)  # b u 8",
        "y = layers.Dense(2)(decoder_outputs)  # b u 2",
        'model = keras.Model({"x": x, "previous": previous}, y)',
    ]
    lines = code(
        build("unaligned", architecture="decoder", **sizes | {"dropout": 0.0})
    ).splitlines()
    assert [line for line in lines if line.startswith(("encoder", "keys", "context"))] == [
        "encoder_outputs, state_h, state_c = layers.LSTM(",
        "keys = layers.Dense(8, use_bias=False)(encoder_outputs)  # b 6 8",
        "context, _ = layers.Attention()(",
    ]


def test_a_decoder_of_unknown_steps_is_printed_without_its_loop():
    model = build("one-to-many", architecture="decoder", u=3)
    assert code(model).endswith('model = keras.Model({"x": x, "previous": previous}, y)\n')


def test_the_training_lines_come_last():
    script = code(build("one-to-one", layers=0), training='model.compile("adam", loss="mse")')
    assert script.endswith('model = keras.Model(x, y)\nmodel.compile("adam", loss="mse")\n')


def test_a_call_for_training_is_printed():
    x = keras.Input((2,))
    script = code(keras.Model(x, layers.Dropout(0.5)(x, training=True)))
    assert "y = layers.Dropout(0.5)(x, training=True)  # b 2\n" in script


def test_another_precision_is_printed():
    x = keras.Input((2,))
    script = code(keras.Model(x, layers.Dense(1, dtype="bfloat16")(x)))
    assert 'y = layers.Dense(1, dtype="bfloat16")(x)  # b 1\n' in script


def refused(model):
    with pytest.raises(SettingError) as caught:
        code(model)
    return str(caught.value)


def test_a_layer_used_twice_is_refused():
    x, dense = keras.Input((3,)), layers.Dense(3, name="tied")
    assert refused(keras.Model(x, dense(dense(x)))) == (
        "The layer 'tied' is used 2 times in the network, and a script can be printed only where"
        " each layer is used once."
    )


def test_an_operation_is_printed_with_its_settings():
    x = keras.Input((3, 2))
    y = keras.ops.einsum("btf,bof->bo", keras.ops.max(x, axis=1, keepdims=True), x)
    assert code(keras.Model(x, y)).splitlines()[4:6] == [
        "h = keras.ops.max(x, axis=1, keepdims=True)  # b 1 2",
        'y = keras.ops.einsum("btf,bof->bo", h, x)  # b 3',
    ]


def test_an_operation_that_is_not_keras_own_is_refused():
    class Mine(keras.Operation):
        def call(self, x):
            return x

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape)

    x = keras.Input((3,))
    assert refused(keras.Model(x, Mine()(x))) == (
        "The network contains Mine, which is not part of Keras, so that it cannot be printed as"
        " plain Keras. Use a stock Keras layer instead."
    )


def test_a_setting_that_is_not_keras_own_is_refused():
    class Mine(keras.regularizers.Regularizer):
        def get_config(self):
            return {}

    x = keras.Input((3,))
    assert refused(keras.Model(x, layers.Dense(1, kernel_regularizer=Mine())(x))) == (
        "A layer has the setting 'Mine', which is not part of Keras, so that the network cannot be"
        " printed as plain Keras. Use an object of Keras instead."
    )


def test_a_model_without_a_graph_is_refused():
    assert refused(keras.Sequential([keras.Input((3,)), layers.Dense(1)])) == (
        "A Sequential has no graph of layers that can be printed. Build the model from keras.Input,"
        " as a functional keras.Model, or with unrolled.build."
    )
