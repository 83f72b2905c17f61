import keras
from keras import layers

x = keras.Input((4, 1))  # b 4 1
h = layers.Reshape((2, 2))(x)  # b 2 2
h = layers.Dense(3, activation="relu")(h)  # b 2 3
h = layers.LSTM(3)(h)  # b 3
h = layers.Dropout(0.3)(h)  # b 3
h = layers.RepeatVector(1)(h)  # b 1 3
h = layers.EinsumDense("buh,hk->buk", (1, 3), activation="tanh", bias_axes="uk")(
    h,
)  # b 1 3
h = layers.Dropout(0.3)(h)  # b 1 3
h = layers.Dense(2)(h)  # b 1 2
y = layers.Reshape((2, 1))(h)  # b 2 1
model = keras.Model(x, y)
