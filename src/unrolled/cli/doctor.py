"""The command `unrolled doctor`."""

from __future__ import annotations

import typer

import unrolled
from unrolled.cli.terminal import wrap

EXAMPLES = ("doctor",)


def doctor() -> None:
    """Show what runs the recurrent layers on this machine.

    It lists the backend, the kernel with its instruction set, the threads and the versions. If
    something is missing that would make training faster, it says how to install it.
    """
    typer.echo(wrap(unrolled.doctor.report()))
