"""Places where nothing can be saved or loaded are refused in words, before anything is trained."""

import os
import zipfile

import pytest

import unrolled
from unrolled.errors import ArtifactError
from unrolled.saving import SEQUENCES, head, read, write, writer

LONG = {"too long": "x" * 300, "as long as a name may be": "x" * 255, "with a NUL": "a\0b"}
FILES = {"README.md": "a page\n" * 200, "manifest.json": head(SEQUENCES)}


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
def test_a_name_that_no_file_can_have(tmp_path, name):
    with pytest.raises(ArtifactError, match=r"cannot write the model to .*Choose another folder"):
        unrolled.SequenceModel().check_save(tmp_path / name)
    with pytest.raises(ArtifactError, match=r"cannot write the model to .*Choose another folder"):
        write(tmp_path / name, FILES)
    with pytest.raises(
        ArtifactError, match=r"expected the folder or the .zip|cannot read the model"
    ):
        unrolled.load(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_links_in_a_ring_are_no_model(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ArtifactError, match=r"expected the folder or the .zip"):
        unrolled.load(tmp_path / "a")


def test_a_folder_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    write(tmp_path / "model", FILES)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(ArtifactError, match=r"cannot read the model in .*: Permission denied"):
        unrolled.load(tmp_path / "model")


def test_a_zip_file_never_gets_records_that_are_refused_when_it_is_read(tmp_path, monkeypatch):
    assert writer.MOST_ZIP < zipfile.ZIP64_LIMIT
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)  # as if these files were of two gigabytes
    monkeypatch.setattr(writer, "MOST_ZIP", 900)
    with pytest.raises(ArtifactError, match=r"for a zip file, expected at most 900 bytes"):
        write(tmp_path / "model.zip", FILES)
    write(tmp_path / "model.zip", FILES | {"README.md": "a page\n"})
    assert read(tmp_path / "model.zip", {SEQUENCES: lambda saved: saved.content("README.md")})
