"""The loops around `step.onnx`: greedy decoding, beam search, and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.export.standalone.cells import END, BundleError, Columns
from unrolled.export.standalone.columns import OutputColumn


class Search:
    """The loops around `step.onnx`: greedy decoding and beam search of ids, and numbers."""

    def __init__(
        self, bundle: Any, tensor: str, decoder: dict[str, Any], decoding: dict[str, Any]
    ) -> None:
        self.bundle, self.tensor, self.stops = bundle, tensor, decoder["stops"]
        self.steps = decoding.get("max_steps") or decoder["max_steps"]
        self.width, self.n_best = decoding.get("beam") or 1, decoding.get("n_best") or 1
        penalty = decoding.get("length_penalty")
        self.penalty = np.float32(1.0 if penalty is None else penalty)
        if not 1 <= self.n_best <= self.width:
            raise BundleError(f"a beam of {self.width} cannot return {self.n_best} hypotheses.")

    def _step(self, previous: np.ndarray, feeds: dict[str, np.ndarray]) -> Any:
        """Return the outputs of one step, and what the next one reads."""
        out = self.bundle.call("step.onnx", feeds | {"previous": previous[:, None]})
        following = {name[5:]: x for name, x in out.items() if name.startswith("next.states")}
        return out, feeds | following

    def numbers(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the steps of numbers (u o) of each row."""
        shape = next(
            x.shape for x in self.bundle.sessions["step.onnx"].get_inputs() if x.name == "previous"
        )
        n = len(next(iter(feeds.values())))
        previous, live = np.zeros((n, shape[-1]), np.float32), np.ones(n, bool)
        rows: list[list[np.ndarray]] = [[] for _ in range(n)]
        for _ in range(self.steps):
            out, feeds = self._step(previous, feeds)
            previous = out["next.previous"][:, 0]
            for row in np.flatnonzero(live):
                rows[row].append(out[self.tensor][row, 0])
            if self.stops:
                live &= out["stop"][:, 0, 0] < np.float32(0.5)
            if not live.any():
                break
        return [np.array(row) for row in rows]

    def tokens(self, feeds: dict[str, np.ndarray], column: OutputColumn, scored: bool) -> Columns:
        """Return the hypotheses of each row; with `scored`, their scores and which were cut."""
        ids, scores, lengths, ended = (self.beam if self.width > 1 else self.greedy)(feeds)
        cells: Columns = {}
        for place in range(ids.shape[1]):
            name = column.name if place == 0 else f"{column.name}-{place + 1}"
            texts = [
                column.text(r[:n]) for r, n in zip(ids[:, place], lengths[:, place], strict=True)
            ]
            cells[f"{column.name}-predicted" if place == 0 else name] = texts
            if scored:
                cells[f"{name}-score"] = scores[:, place].astype(float).tolist()
                cells[f"{name}-cut"] = (~ended[:, place]).tolist()
        return cells

    def _log_probabilities(self, previous: np.ndarray, feeds: Any) -> Any:
        out, feeds = self._step(previous.astype(np.int32), feeds)
        scores = out[self.tensor][:, 0]
        scores[:, :END] = -np.inf
        return scores, feeds

    def greedy(self, feeds: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """Return the most probable id at each step: ids (n 1 u), scores, lengths and ends (n 1)."""
        n = len(next(iter(feeds.values())))
        ids, previous = np.zeros((n, self.steps), np.int64), np.full(n, END)
        scores, lengths, live = np.zeros(n, np.float32), np.zeros(n, np.int64), np.ones(n, bool)
        for position in range(self.steps):
            log_probabilities, feeds = self._log_probabilities(previous, feeds)
            previous = log_probabilities.argmax(axis=-1)
            ids[live, position] = previous[live]
            scores[live] += log_probabilities[np.arange(n), previous][live]
            live &= previous != END
            lengths += live
            if not live.any():
                break
        return ids[:, None], scores[:, None], lengths[:, None], ~live[:, None]

    def beam(self, feeds: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """Return the best hypotheses: ids (n k u), scores, lengths and ends (n k)."""
        n, w, k = len(next(iter(feeds.values()))), self.width, self.n_best
        feeds = {name: np.repeat(x, w, axis=0) for name, x in feeds.items()}
        none = np.float32(-np.inf)
        ids, previous = np.zeros((n, w, self.steps), np.int64), np.full(n * w, END)
        scores = np.where(np.arange(w) == 0, np.float32(0), none) + np.zeros((n, 1), np.float32)
        best = np.zeros((n, k, self.steps), np.int64)
        best_scores, best_lengths = np.full((n, k), none), np.ones((n, k), np.int64)
        for position in range(self.steps):
            if not (scores > none).any():
                break
            log_probabilities, feeds = self._log_probabilities(previous, feeds)
            extended = scores[..., None] + log_probabilities.reshape(n, w, -1)
            size = extended.shape[-1]
            scores, places = _top(extended.reshape(n, -1), w)
            parents, chosen = places // size, places % size  # n w
            ids = np.take_along_axis(ids, parents[..., None], axis=1)
            ids[:, :, position] = chosen
            order = (parents + w * np.arange(n)[:, None]).reshape(-1)
            names = [name for name in feeds if name.startswith("states")]
            feeds = feeds | {name: feeds[name][order] for name in names}
            previous, at_end = chosen.reshape(-1), chosen == END
            ending = np.where(at_end, scores, none)
            lengths = np.concatenate([best_lengths, np.full((n, w), position + 1)], axis=1)
            merged = np.concatenate([best_scores, ending], axis=1)
            _, order = _top(self._ranks(merged, lengths), k)
            best = np.take_along_axis(np.concatenate([best, ids], axis=1), order[..., None], axis=1)
            best_scores = np.take_along_axis(merged, order, axis=1)
            best_lengths = np.take_along_axis(lengths, order, axis=1)
            scores = np.where(at_end, none, scores)
            bound = scores / np.float32(self.steps) ** self.penalty
            can_win = bound > self._ranks(best_scores, best_lengths)[:, -1:]
            scores = np.where(can_win, scores, none)
        result: tuple[np.ndarray, ...] = self._ranked(ids, scores, best, best_scores, best_lengths)
        return result

    def _ranks(self, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the numbers (n k) by which hypotheses are ordered."""
        ranks: np.ndarray = scores / lengths.astype(np.float32) ** self.penalty
        return ranks

    def _ranked(self, ids: Any, scores: Any, best: Any, best_scores: Any, best_lengths: Any) -> Any:
        """Return the hypotheses that ended, and after them those that were cut."""
        count = (best_scores > -np.inf).sum(axis=1, keepdims=True)  # n 1
        place = np.arange(self.n_best)[None]
        ended, cut_place = place < count, np.maximum(place - count, 0)
        cut_scores, order = _top(scores, self.n_best)
        order = np.take_along_axis(order, cut_place, axis=1)
        cut_ids = np.take_along_axis(ids, order[..., None], axis=1)
        cut_scores = np.take_along_axis(cut_scores, cut_place, axis=1)
        final = np.where(ended, best_scores, cut_scores)
        lengths = np.where(ended, best_lengths - 1, self.steps)
        lengths = np.where(final > -np.inf, lengths, 0)
        return np.where(ended[..., None], best, cut_ids), final, lengths, ended


def _top(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest values of each row and their places; of equal ones the first."""
    places = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(values, places, axis=1), places
