import keras
from keras import layers

x = keras.Input((3,))  # b 3
h = layers.RepeatVector(3)(x)  # b 3 3
h = layers.LSTM(4, return_sequences=True)(h)  # b 3 4
h = layers.Dropout(0.3)(h)  # b 3 4
y = layers.Dense(1)(h)  # b 3 1
model = keras.Model(x, y)
model.compile(
    optimizer=keras.optimizers.Adam(0.003, clipnorm=1.0),
    loss=keras.losses.MeanSquaredError(),
)
