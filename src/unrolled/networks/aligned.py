"""Aligned, `b t f -> b t o`: each input step has its output step."""

from __future__ import annotations

from typing import Any

from unrolled.networks.parts import Plan, heads, recurrent


def steps(plan: Plan) -> dict[str, Any]:
    """Dense at each step of a recurrent layer that returns every step."""
    return heads(recurrent(plan.x, plan, sequences=True, mask=plan.mask), plan)
