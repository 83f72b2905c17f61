import keras
import numpy as np
from keras import layers

x = keras.Input((None, 1), name="x")  # b t 1
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
previous = keras.Input((None, 1), name="previous")  # b u 1
h, forward_h, forward_c, backward_h, backward_c = layers.Bidirectional(
    layers.LSTM(4, return_sequences=True, return_state=True),
)(x, mask=mask)  # b t 8
h2 = layers.Concatenate()([forward_c, backward_c])  # b 8
h3 = layers.Concatenate()([forward_h, backward_h])  # b 8
state_h = layers.Dense(4, activation="tanh")(h3)  # b 4
state_c = layers.Dense(4, activation="tanh")(h2)  # b 4
h = layers.Dropout(0.3)(h)  # b t 8
h2 = layers.Dense(4, use_bias=False)(h)  # b t 4
h3, _, _ = layers.LSTM(4, return_sequences=True, return_state=True)(
    previous,
    initial_state=[state_h, state_c],
)  # b u 4
h3 = layers.Dropout(0.3)(h3)  # b u 4
h, _ = layers.Attention()(
    [h3, h, h2],
    mask=[None, mask],
    return_attention_scores=True,
)  # b u 8
h = layers.Concatenate()([h3, h])  # b u 12
h = layers.Dense(4, activation="tanh")(h)  # b u 4
h = layers.Dropout(0.3)(h)  # b u 4
b = layers.Dense(1)(h)  # b u 1
stop = layers.Dense(1)(h)  # b u 1
model = keras.Model(
    {"x": x, "mask": mask, "previous": previous},
    {"b": b, "stop": stop},
)
model.compile(
    optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0),
    loss={
        "b": keras.losses.MeanSquaredError(),
        "stop": keras.losses.BinaryCrossentropy(from_logits=True),
    },
)


# Each step's output is the next step's input. The simplest form, not the fastest: the
# whole model runs once a step, u passes in all, though only that step of it is new.
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps=3):  # the arrays by name, without `previous`, to b x (u o)
    ended = np.zeros(len(inputs["x"]), bool)  # b
    lengths = np.zeros(len(ended), int)  # b
    said = np.zeros((len(ended), 1 + steps, 1), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({**inputs, "previous": said[:, :-1]})
        said[:, k + 1] = y["b"][:, k]  # b u o -> b o
        lengths += ~ended
        ended |= y["stop"][:, k, 0] > 0  # b u 1 -> b
    return [row[:n] for row, n in zip(said[:, 1:], lengths)]
