"""The verdict: is the network worth having beside the best simple baseline?"""

from __future__ import annotations

from collections.abc import Mapping

NETWORK = "network"  # its name in tables of scores


def best_baseline(errors: Mapping[str, float]) -> str:
    """Return the name of the baseline with the smallest error.

    Args:
        errors: By name, the network's among them.
    """
    return min((name for name in errors if name != NETWORK), key=lambda name: errors[name])


def verdict(difference: float, margin: float, comparison: str) -> str:
    """Return in a sentence whether the network is worth having.

    Args:
        difference: The error of the best baseline minus that of the network.
        margin: What a difference must exceed to count.
        comparison: Both scores in words.

    Example:
        >>> verdict(1.0, 0.1, "RMSE 0 against 1 by the mean (50 rows)")
        'The network is worth having: RMSE 0 against 1 by the mean (50 rows).'
    """
    if difference > margin:
        return f"The network is worth having: {comparison}."
    if difference < -margin:
        return f"The network is not worth having here: {comparison}; take the simpler one."
    return f"No clear difference: {comparison}; the simpler one will do until there is more data."


def compare_scores(metric: str, network: float, baseline: float, name: str, counted: str) -> str:
    """Return the scores of the network and of a baseline in words.

    Args:
        metric: What the scores are.
        network: The network's score.
        baseline: The baseline's score.
        name: The baseline in words, such as "the mean".
        counted: What was scored, such as "50 rows".
    """
    return (
        f"{metric} {format_score(network)} against {format_score(baseline)} by {name} ({counted})"
    )


def format_score(value: float) -> str:
    """Return a score as a person reads it.

    Example:
        >>> format_score(0.98765), format_score(12345.6), format_score(3.14159)
        ('0.988', '12346', '3.14')
        >>> format_score(float("nan"))
        '-'
    """
    if value != value:
        return "-"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"
