"""The state of something that follows a model, as one safetensors file; read as untrusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from unrolled.data.block import Array
from unrolled.disk.durable import replace_file
from unrolled.errors import ArtifactError
from unrolled.saving.container import FileReader
from unrolled.saving.tensors import TensorInfo, encode_tensors, read_header, read_tensors


def write_state_file(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays to a file, which at every moment is the old one or the whole new one.

    Raises:
        ArtifactError: It cannot be written.
    """
    try:
        replace_file(path, encode_tensors(arrays))
    except OSError as error:
        raise ArtifactError(
            f"The state cannot be written to {path} ({error.strerror}). Name a file in a folder"
            " that exists and can be written to."
        ) from None


def read_state_file(
    path: Path, owner: str, check: Callable[[Mapping[str, TensorInfo]], None]
) -> dict[str, Array]:
    """Read the arrays of a file.

    Args:
        path: The file.
        owner: What wrote it, such as "a stream".
        check: Raises a RefusedError for arrays of other names, types or shapes; it is called before
            any of them is read.

    Raises:
        ArtifactError: The file cannot be opened.
        RefusedError: It is damaged, or `check` refused it.
    """
    try:
        with path.open("rb") as file:
            reader = FileReader(path.name, path.stat().st_size, file)
            tensors = read_header(reader)
            check(tensors)
            return read_tensors(reader, tensors)
    except OSError as error:
        raise ArtifactError(
            f"The state {path} cannot be read ({error.strerror}). Name a file that `save` of"
            f" {owner} wrote."
        ) from None
