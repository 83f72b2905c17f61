import keras
from keras import layers

x = keras.Input((None, 1), name="x")  # b t 1
text = keras.Input((None,), dtype="int32", name="text")  # b t
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
h = layers.Embedding(64, 32)(text)  # b t 32
h = layers.Concatenate()([x, h])  # b t 33
h = layers.Dropout(0.5)(h)  # b t 33
h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h, mask=mask)  # b t 8
h = layers.Dropout(0.5)(h)  # b t 8
h2 = layers.Dense(4, activation="tanh")(h)  # b t 4
h2 = layers.Dense(1, use_bias=False)(h2)  # b t 1
h3 = keras.ops.expand_dims(mask, axis=-1)  # b t 1
h2 = layers.Softmax(axis=1)(h2, mask=h3)  # b t 1
h = layers.Dot(1)([h2, h])  # b 1 8
h = layers.Flatten()(h)  # b 8
y = layers.Dense(2)(h)  # b 2
model = keras.Model({"x": x, "text": text, "mask": mask}, y)


def smoothed(true, y):  # 0.05 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.05
    )


model.compile(optimizer=keras.optimizers.Adam(0.001, clipnorm=1.0), loss=smoothed)
