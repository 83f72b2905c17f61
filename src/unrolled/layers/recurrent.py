"""The base of the fast LSTM and GRU, which chooses between the fast path and stock Keras."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.kernels.flags import Flags
from unrolled.layers import fast_path
from unrolled.layers.padding import Padding, merge_padding


class Recurrent(keras.layers.RNN):
    """A mixin that comes before the stock Keras layer in the list of base classes.

    Everything but the loop over the steps is that of Keras: the constructor, weights, config,
    initial states, dropout masks and their random numbers, casting, stateful variables.
    """

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        lengths: Any = None,
    ) -> Any:
        """Run the layer.

        Args:
            sequences: Inputs, `b t f`.
            initial_state: List of states, each `b h`; None means zeros.
            mask: `b t`, True where a step is real. Any pattern works; right padding is fastest.
            training: Apply dropout.
            lengths: `b` integers: the number of real steps of each right-padded row. If there is
                also a mask, a step must be real by both. Keras passes a mask on to the next layer,
                but not lengths: pass them to each layer.

        Returns:
            As stock Keras: the last output `b h` or every output `b t h`, then the states.
        """
        from_zero = initial_state is None and not self.stateful
        padding = merge_padding(mask, lengths, sequences.shape[1], from_zero=from_zero)
        return super().call(sequences, initial_state=initial_state, mask=padding, training=training)

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Padding | None, training: bool = False
    ) -> Any:
        """Run all steps, on the fast path if `fast_path` has one.

        Args:
            sequences: Inputs, `b t f`, in the compute dtype.
            initial_state: List of states, each `b h`.
            mask: The mask and the lengths, as `call` combined them.
            training: Apply dropout.

        Returns:
            The last output `b h`, the outputs `b t h` in running order, the list of states.
        """
        call = fast_path.Call(sequences, mask, bool(training))
        if fast_path.limit(self, call) is not None:
            stock = mask.as_mask(sequences.shape[1]) if isinstance(mask, Padding) else mask
            return super().inner_loop(sequences, initial_state, stock, training=training)
        if training and self.dropout:
            drop = self.cell.get_dropout_mask(sequences[:, 0, :])
            sequences = sequences * keras.ops.expand_dims(drop, 1)
        flags = Flags(self.go_backwards, not self.zero_output_for_mask, self.return_sequences)
        return fast_path.runner()(self, sequences, initial_state, mask, flags)
