import keras
import numpy as np
from keras import layers

x = keras.Input((7, 14), name="x")  # b 7 14
previous = keras.Input((None, 1), name="previous")  # b u 1
h, state_h, state_c = layers.LSTM(4, return_sequences=True, return_state=True)(
    x,
)  # b 7 4
h = layers.Dropout(0.3)(h)  # b 7 4
h2 = layers.Dense(4, use_bias=False)(h)  # b 7 4
h3, _, _ = layers.LSTM(4, return_sequences=True, return_state=True)(
    previous,
    initial_state=[state_h, state_c],
)  # b u 4
h3 = layers.Dropout(0.3)(h3)  # b u 4
h, _ = layers.Attention()([h3, h, h2], return_attention_scores=True)  # b u 4
h = layers.Concatenate()([h3, h])  # b u 8
h = layers.Dense(4, activation="tanh")(h)  # b u 4
h = layers.Dropout(0.3)(h)  # b u 4
y = layers.Dense(1)(h)  # b u 1
model = keras.Model({"x": x, "previous": previous}, y)


# Each step's output is the next step's input. The simplest form, not the fastest: the
# whole model runs once a step, u passes in all, though only that step of it is new.
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps=3):  # the arrays by name, without `previous`, to (b u o)
    said = np.zeros((len(inputs["x"]), 1 + steps, 1), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({**inputs, "previous": said[:, :-1]})  # b u o
        said[:, k + 1] = y[:, k]
    return said[:, 1:]
