"""What this machine runs the recurrence with: the text of `unrolled doctor`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from unrolled.backend import keras

PACKAGES = ("keras", "jax", "jaxlib", "torch", "tensorflow", "tensorflow-cpu", "numpy")
LOST = {
    "pure": "LSTM and GRU train two to three times slower, and no faster for short rows",
    "reference": "LSTM and GRU train no faster than stock Keras",
}
GET = (
    "install a C++20 compiler (g++, clang++ or MSVC), then: pip install --force-reinstall unrolled"
)


def report() -> str:
    """Return backend, kernel, instruction set, threads and versions, a line each.

    Without a native kernel one more line says what is lost and how to get it. Nothing is
    downloaded and nothing changed.

    Example:
        >>> print(report().splitlines()[0].split()[0])
        backend
    """
    from unrolled.layers import fast_path

    path = fast_path.path()
    lines = [
        ("backend", f"{keras.backend.backend()} ({fast_path.device()})"),
        ("layers", path.what),
    ]
    if path.module.endswith("on_jax"):
        lines += _kernel_lines()
    elif path.module and fast_path.device() == "cpu":
        lines += _torch_lines()
    lines += [("python", f"{platform.python_version()} on {platform.platform()}")]
    lines += [("versions", ", ".join(_versions()))]
    return "\n".join(f"{name:<12} {text}" for name, text in lines)


def _kernel_lines() -> list[tuple[str, str]]:
    from unrolled.kernels import available, kernel

    name = kernel().name
    lines = [("kernel", f"{name} (there: {', '.join(available())})")]
    if name == "native":
        lines += _native_lines()
    elif "native" in available():
        lines += [("note", "the native kernel is there; unset UNROLLED_KERNEL to use it")]
    else:
        lines += [("note", f"no native kernel: {LOST[name]}. To get it {GET}")]
    return lines


def _torch_lines() -> list[tuple[str, str]]:
    from unrolled.kernels import available, form

    if form() == "native":
        return [("kernel", "native"), *_native_lines()]
    if "native" in available():
        return [("kernel", "ATen's"), ("note", "the native kernel is there; unset UNROLLED_KERNEL")]
    return [("kernel", "ATen's"), ("note", f"no native kernel, which is faster. To get it {GET}")]


def _native_lines() -> list[tuple[str, str]]:
    from unrolled.kernels import native

    return [("instructions", native.instruction_set()), ("threads", str(native.threads()))]


def _versions() -> list[str]:
    found = []
    for package in ("unrolled", *PACKAGES):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found
