"""The text of `unrolled doctor`: what the recurrent layers run on, on this machine."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from unrolled.backend import keras

PACKAGES = ("keras", "jax", "jaxlib", "torch", "tensorflow", "tensorflow-cpu", "numpy")
COST = {  # of running another implementation than the native kernel
    "pure": "LSTM and GRU train two to three times slower, and short rows save no time",
    "reference": "LSTM and GRU train no faster than stock Keras",
}
HOW_TO_GET = (
    "install a C++20 compiler (g++, clang++ or MSVC), then run: pip install --force-reinstall"
    " unrolled"
)
HOW_TO_USE = "the native kernel is installed but not in use; unset UNROLLED_KERNEL to use it"


def report() -> str:
    """Return the backend, kernel, instruction set, threads and versions, one line for each.

    Without a native kernel, one more line says what that costs and how to get one. Nothing is
    downloaded or changed.

    Example:
        >>> print(report().splitlines()[0].split()[0])
        backend
    """
    from unrolled.layers import fast_path

    path, device = fast_path.current_path(), fast_path.device()
    lines = [
        ("backend", f"{keras.backend.backend()} on {device}"),
        ("layers", path.description),
    ]
    if path.module.endswith("on_jax"):
        lines += _kernel_lines_on_jax()
    elif path.module and device == "cpu":
        lines += _kernel_lines_on_torch()
    lines += [("python", f"{platform.python_version()} on {platform.platform()}")]
    lines += [("versions", ", ".join(_installed_versions()))]
    return "\n".join(f"{name:<12} {text}" for name, text in lines)


def _kernel_lines_on_jax() -> list[tuple[str, str]]:
    from unrolled.kernels import available, implementation

    name = implementation()
    lines = [("kernel", f"{name} (available: {', '.join(available())})")]
    if name == "native":
        return [*lines, *_native_lines()]
    if "native" in available():
        return [*lines, ("note", HOW_TO_USE)]
    return [*lines, ("note", f"there is no native kernel: {COST[name]}. To get one, {HOW_TO_GET}")]


def _kernel_lines_on_torch() -> list[tuple[str, str]]:
    from unrolled.kernels import available, implementation

    if implementation() == "native":
        return [("kernel", "native"), *_native_lines()]
    lines = [("kernel", "ATen")]
    if "native" in available():
        return [*lines, ("note", HOW_TO_USE)]
    note = f"there is no native kernel, which would be faster. To get one, {HOW_TO_GET}"
    return [*lines, ("note", note)]


def _native_lines() -> list[tuple[str, str]]:
    from unrolled.kernels import native

    return [("instructions", native.instruction_set()), ("threads", str(native.threads()))]


def _installed_versions() -> list[str]:
    versions = []
    for package in ("unrolled", *PACKAGES):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return versions
