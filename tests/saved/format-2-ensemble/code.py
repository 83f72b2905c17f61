import keras
from keras import layers

x = keras.Input((4,))  # b 4
h = layers.Dense(4, activation="relu")(x)  # b 4
h2 = layers.Dense(4, activation="relu")(x)  # b 4
h = layers.Dropout(0.3)(h)  # b 4
h2 = layers.Dropout(0.3)(h2)  # b 4
h3 = layers.Dense(2)(h)  # b 2
h4 = layers.Dense(2)(h2)  # b 2
h2 = layers.Dense(1)(h2)  # b 1
h = layers.Dense(1)(h)  # b 1
h4 = layers.Activation("log_softmax")(h4)  # b 2
h3 = layers.Activation("log_softmax")(h3)  # b 2
y = layers.Average()([h2, h])  # b 1
kind = keras.ops.logaddexp(h4, h3)  # b 2
model = keras.Model(x, {"y": y, "kind": kind})


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


# Each of the networks was fitted by itself, compiled so.
model.compile(
    optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0),
    loss={"y": keras.losses.MeanSquaredError(), "kind": smoothed},
)
