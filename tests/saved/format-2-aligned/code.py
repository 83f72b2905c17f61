import keras
from keras import layers

x = keras.Input((None, 1), name="x")  # b t 1
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x, mask=mask)  # b t 8
h = layers.Dropout(0.3)(h)  # b t 8
h2 = layers.GlobalAveragePooling1D()(h, mask=mask)  # b 8
b = layers.Dense(1)(h)  # b t 1
c = layers.Dense(2)(h2)  # b 2
model = keras.Model({"x": x, "mask": mask}, {"b": b, "c": c})


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


model.compile(
    optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0),
    loss={"b": keras.losses.MeanSquaredError(), "c": smoothed},
)
