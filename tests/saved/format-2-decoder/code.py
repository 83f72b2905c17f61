import keras
import numpy as np
from keras import layers

word = keras.Input((None,), dtype="int32", name="word")  # b t
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
previous = keras.Input((None,), dtype="int32", name="previous")  # b u
h = layers.Embedding(64, 128)(word)  # b t 128
h = layers.Dropout(0.3)(h)  # b t 128
h, forward_h, forward_c, backward_h, backward_c = layers.Bidirectional(
    layers.LSTM(4, return_sequences=True, return_state=True),
)(h, mask=mask)  # b t 8
h2 = layers.Concatenate()([forward_c, backward_c])  # b 8
h3 = layers.Concatenate()([forward_h, backward_h])  # b 8
state_h = layers.Dense(4, activation="tanh")(h3)  # b 4
state_c = layers.Dense(4, activation="tanh")(h2)  # b 4
h = layers.Dropout(0.3)(h)  # b t 8
h2 = layers.Dense(4, use_bias=False)(h)  # b t 4
h3 = layers.Embedding(12, 128)(previous)  # b u 128
h3 = layers.Dropout(0.3)(h3)  # b u 128
real = keras.ops.greater(previous, 0)  # b u
h3, _, _ = layers.LSTM(4, return_sequences=True, return_state=True)(
    h3,
    initial_state=[state_h, state_c],
    mask=real,
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
y = layers.Dense(12)(h)  # b u 12
model = keras.Model({"word": word, "mask": mask, "previous": previous}, y)


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


model.compile(optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0), loss=smoothed)


# Each step's output is the next step's input. The simplest form, not the fastest: the
# whole model runs once a step, u passes in all, though only that step of it is new.
# In training, `previous` is the true ids one step late, after a first 2.
def generate(inputs, steps=7):  # the arrays by name, without `previous`, to ids (b u)
    ended = np.zeros(len(inputs["word"]), bool)  # b
    said = np.zeros((len(ended), 1 + steps), "int32")  # b 1+u
    said[:, 0] = 2  # the end of a row; it also begins one
    for k in range(steps):
        y = model.predict_on_batch({**inputs, "previous": said[:, :-1]})  # b u o
        best = y[:, k, 2:].argmax(axis=1) + 2  # never 0, padding, or 1, unknown
        said[:, k + 1] = np.where(ended, 0, best)
        ended |= best == 2
    return said[:, 1:]
