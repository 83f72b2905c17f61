import keras
from keras import layers

words = keras.Input((None,), dtype="int32", name="words")  # b t
words_spelling = keras.Input((None, 5), dtype="int32", name="words_spelling")  # b t 5
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
h = layers.Embedding(64, 16)(words_spelling)  # b t 5 16
h = layers.Conv2D(32, (1, 3), padding="same", activation="relu")(h)  # b t 5 32
h2 = layers.Embedding(64, 32)(words)  # b t 32
h = keras.ops.max(h, axis=2)  # b t 32
h = layers.Concatenate()([h2, h])  # b t 64
h = layers.Dropout(0.5)(h)  # b t 64
h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(h, mask=mask)  # b t 8
h = layers.Dropout(0.5)(h)  # b t 8
y = layers.Dense(7)(h)  # b t 7
model = keras.Model({"words": words, "words_spelling": words_spelling, "mask": mask}, y)


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


model.compile(optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0), loss=smoothed)
