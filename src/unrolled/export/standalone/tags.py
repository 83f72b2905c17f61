"""The best sequence of tags that their scheme allows."""

from __future__ import annotations

import numpy as np


def may_follow(before: str, now: str, scheme: str) -> bool:
    """Return whether a scheme allows a tag after another; `O` stands for either end of a row."""
    (prefix_before, type_before), (prefix, type_now) = _split_tag(before), _split_tag(now)
    same_type = type_before == type_now
    if scheme == "IOB1":
        return prefix != "B" or bool(prefix_before and same_type)
    continues = prefix_before in ("B", "I") and same_type
    if scheme == "BIO":
        return prefix != "I" or continues
    return continues if prefix in ("I", "E") else prefix_before not in ("B", "I")


def best_tags(scores: np.ndarray, tags: list[str], scheme: str) -> np.ndarray:
    """Return the allowed sequence of tags with the highest sum of scores (t o) (Viterbi 1967)."""
    first = np.array([may_follow("O", tag, scheme) for tag in tags])
    last = np.array([may_follow(tag, "O", scheme) for tag in tags])
    after = np.array([[may_follow(before, tag, scheme) for tag in tags] for before in tags])
    greedy: np.ndarray = scores.argmax(axis=1)
    if first[greedy[0]] and last[greedy[-1]] and after[greedy[:-1], greedy[1:]].all():
        return greedy
    best = np.where(first, scores[0], -np.inf)
    previous = np.zeros(scores.shape, np.int64)
    for step in range(1, len(scores)):
        extended = np.where(after, best[:, None], -np.inf)
        previous[step] = extended.argmax(axis=0)
        best = extended.max(axis=0) + scores[step]
    best = np.where(last, best, -np.inf)
    if np.isneginf(best.max()):
        return greedy
    path = [int(best.argmax())]
    for step in range(len(scores) - 1, 0, -1):
        path.append(int(previous[step, path[-1]]))
    return np.array(path[::-1])


def _split_tag(tag: str) -> tuple[str, str]:
    """Return the prefix and the type of a tag, both empty for `O`."""
    prefix, _, kind = tag.partition("-")
    return ("", "") if prefix == "O" else (prefix, kind)
