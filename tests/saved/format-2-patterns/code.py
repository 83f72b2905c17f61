import keras
from keras import layers

x = keras.Input((12, 1))  # b 12 1
h = keras.ops.clip(x, x_min=-1000000.0, x_max=1000000.0)  # b 12 1
h2 = layers.Conv1D(84, (9,), padding="same", dilation_rate=(16,), trainable=False)(
    h,
)  # b 12 84
h3 = layers.Conv1D(84, (9,), padding="same", dilation_rate=(8,), trainable=False)(
    h,
)  # b 12 84
h4 = layers.Conv1D(84, (9,), padding="same", dilation_rate=(4,), trainable=False)(
    h,
)  # b 12 84
h5 = layers.Conv1D(84, (9,), padding="same", dilation_rate=(2,), trainable=False)(
    h,
)  # b 12 84
h6 = layers.Conv1D(84, (9,), padding="same", trainable=False)(h)  # b 12 84
real = keras.ops.greater(h2, 0)  # b 12 84
real2 = keras.ops.greater(h3, 0)  # b 12 84
real3 = keras.ops.greater(h4, 0)  # b 12 84
real4 = keras.ops.greater(h5, 0)  # b 12 84
real5 = keras.ops.greater(h6, 0)  # b 12 84
h2 = keras.ops.cast(real, dtype="float32")  # b 12 84
h3 = keras.ops.cast(real2, dtype="float32")  # b 12 84
h4 = keras.ops.cast(real3, dtype="float32")  # b 12 84
h5 = keras.ops.cast(real4, dtype="float32")  # b 12 84
h6 = keras.ops.cast(real5, dtype="float32")  # b 12 84
h6 = layers.GlobalAveragePooling1D()(h6)  # b 84
h5 = layers.GlobalAveragePooling1D()(h5)  # b 84
h4 = layers.GlobalAveragePooling1D()(h4)  # b 84
h3 = layers.GlobalAveragePooling1D()(h3)  # b 84
h2 = layers.GlobalAveragePooling1D()(h2)  # b 84
h2 = layers.Concatenate()([h6, h5, h4, h3, h2])  # b 420
h3 = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)  # b 12 8
h = layers.Flatten()(h)  # b 12
h2 = layers.Rescaling(4.0)(h2)  # b 420
h3 = layers.Dropout(0.3)(h3)  # b 12 8
h = layers.Concatenate()([h, h2])  # b 432
h2 = layers.GlobalAveragePooling1D()(h3)  # b 8
h2 = layers.Dense(2)(h2)  # b 2
h = layers.Dense(2, use_bias=False, kernel_initializer=keras.initializers.Zeros())(
    h,
)  # b 2
y = layers.Add()([h2, h])  # b 2
model = keras.Model(x, y)


def smoothed(true, y):  # 0.1 of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing=0.1
    )


# The linear map, zeros at first, was found apart, by logistic regression.
# The convolutions under it are not trained: their filters are short patterns.
model.compile(optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0), loss=smoothed)
