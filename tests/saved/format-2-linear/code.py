import keras
from keras import layers

text = keras.Input((None,), dtype="int32", name="text")  # b t
text_spelling = keras.Input((None, 4), dtype="int32", name="text_spelling")  # b t 4
text_runs = keras.Input((None, 7), dtype="int32", name="text_runs")  # b t 7
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
h = layers.Embedding(64, 16)(text_spelling)  # b t 4 16
h = layers.Conv2D(32, (1, 3), padding="same", activation="relu")(h)  # b t 4 32
h2 = layers.Embedding(64, 32)(text)  # b t 32
h = keras.ops.max(h, axis=2)  # b t 32
h = layers.Concatenate()([h2, h])  # b t 64
h = layers.Dropout(0.5)(h)  # b t 64
real = keras.ops.greater(text_runs, 0)  # b t 7
h2 = keras.ops.expand_dims(mask, axis=-1)  # b t 1
h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h, mask=mask)  # b t 8
h2 = keras.ops.logical_and(real, h2)  # b t 7
h = layers.Dropout(0.5)(h)  # b t 8
h2 = keras.ops.cast(h2, dtype="float32")  # b t 7
h3 = layers.Embedding(128, 2, embeddings_initializer=keras.initializers.Zeros())(
    text_runs,
)  # b t 7 2
h = layers.GlobalAveragePooling1D()(h, mask=mask)  # b 8
h = layers.Dense(2)(h)  # b 2
h2 = keras.ops.einsum("btn,btno->bo", h2, h3)  # b 2
y = layers.Add()([h, h2])  # b 2
model = keras.Model(
    {
        "text": text,
        "text_spelling": text_spelling,
        "text_runs": text_runs,
        "mask": mask,
    },
    y,
)


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


# The linear map, zeros at first, was found apart, by logistic regression.
model.compile(optimizer=keras.optimizers.Adam(0.001, clipnorm=1.0), loss=smoothed)
