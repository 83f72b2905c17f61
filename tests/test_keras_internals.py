"""The undocumented attributes of Keras that are used exist, and do what is written of them."""

import ast
from pathlib import Path

import numpy as np

import unrolled
from unrolled import keras_internals
from unrolled.backend import keras

HOME = Path(unrolled.__file__).parent
PRIVATE = {
    "_nodes_by_depth",
    "_run_through_graph",
    "_inputs_struct",
    "_outputs_struct",
    "_functional",
    "_keras_history",
    "_keras_mask",
    "_flatten_layers",
    "_inbound_nodes",
    "jax_state_sync",
}


def small_model():
    x = keras.Input((3,), name="x")
    h = keras.layers.Dense(2, name="hidden")(x)
    return keras.Model({"x": x}, keras.layers.Dense(1, name="head")(h))


def test_they_were_checked_on_the_installed_version_of_keras():
    assert keras.__version__.startswith(f"{keras_internals.CHECKED_ON}."), (
        f"Keras is {keras.__version__}: run the tests, then write its version into CHECKED_ON"
    )


def test_the_graph_of_a_functional_model():
    model = small_model()
    assert keras_internals.has_graph(model)
    assert keras_internals.runs_through_graph(model)
    nodes = keras_internals.nodes_by_depth(model)
    names = {depth: [node.operation.name for node in row] for depth, row in nodes.items()}
    assert names == {2: ["x"], 1: ["hidden"], 0: ["head"]}
    first, head = nodes[2][0], nodes[0][0]
    assert first.is_input
    assert not head.is_input
    assert head.input_tensors[0] is nodes[1][0].outputs[0]
    assert head.arguments.args == (nodes[1][0].outputs[0],)


def test_a_model_that_is_written_in_python_has_no_graph():
    class Written(keras.Model):
        def call(self, x):
            return x

    assert not keras_internals.has_graph(Written())
    assert not keras_internals.runs_through_graph(Written())


def test_a_sequential_model_runs_a_functional_one():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    functional = keras_internals.functional_of(model)
    assert functional.layers[-1] is model.layers[-1]
    assert keras_internals.has_graph(functional)
    assert keras_internals.functional_of(functional) is functional


def test_the_mask_that_keras_passes_on_beside_a_symbolic_tensor():
    x = keras.Input((None, 3))
    masked = keras.layers.Masking()(x)
    assert keras_internals.has_mask(keras.layers.Dense(2)(masked))
    assert not keras_internals.has_mask(keras.layers.Dense(2)(x))
    assert not keras_internals.has_mask(masked * 2)


def test_the_structures_of_inputs_and_outputs():
    model = small_model()
    inputs, output = (
        keras_internals.inputs_structure(model),
        keras_internals.outputs_structure(model),
    )
    assert list(inputs) == ["x"]
    assert output is model.output
    assert keras_internals.operation_of(output) is model.get_layer("head")


def test_the_layers_inside_a_wrapper():
    wrapper = keras.layers.Bidirectional(keras.layers.LSTM(2))
    wrapper.build((1, 3, 4))
    inner = [type(layer).__name__ for layer in keras_internals.nested_layers(wrapper)]
    assert inner.count("LSTM") == 2
    assert wrapper not in keras_internals.nested_layers(wrapper)


def test_which_calls_of_a_layer_give_its_first_state():
    layer = keras.layers.GRU(2)
    x, state = keras.Input((4, 3)), keras.Input((2,))
    layer(x)
    layer(x, initial_state=state)
    layer(x, state)
    assert keras_internals.has_initial_state(layer) == [False, True, True]


def test_a_layer_takes_another_class_with_its_weights():
    class Louder(keras.layers.Dense):
        def call(self, x):
            return 2 * super().call(x)

    layer, x = keras.layers.Dense(2), np.ones((1, 3), "float32")
    before = keras.ops.convert_to_numpy(layer(x))
    keras_internals.change_class(layer, Louder)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), 2 * before, rtol=1e-6)


def test_the_state_of_training_is_written_back():
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
            keras_internals.sync_training_state(self.model)
            seen.append(keras.ops.convert_to_numpy(self.model.trainable_variables[0]).copy())

    model = small_model()
    model.compile("sgd", "mse")
    rows = {"x": np.ones((4, 3), "float32")}
    model.fit(rows, np.ones((4, 1)), batch_size=2, verbose=0, callbacks=[Look()])
    assert not np.array_equal(seen[0], seen[1])


def test_no_other_file_uses_them():
    for path in HOME.rglob("*.py"):
        if path.name == "keras_internals.py":
            continue
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute | ast.Constant)
        }
        assert not PRIVATE & {name for name in names if isinstance(name, str)}, path.name
