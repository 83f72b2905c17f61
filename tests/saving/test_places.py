"""A place where nothing can be saved or loaded is refused with a clear error, before training."""

import os
import zipfile

import pytest

import unrolled
from unrolled.errors import ArtifactError
from unrolled.saving import SEQUENCES, manifest_header, read_model, write_model, writer

LONG = {"too long": "x" * 300, "as long as a name may be": "x" * 255, "with a NUL": "a\0b"}
FILES = {"README.md": "a page\n" * 200, "manifest.json": manifest_header(SEQUENCES)}


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
def test_a_name_that_no_file_can_have(tmp_path, name):
    with pytest.raises(ArtifactError, match=r"Cannot write the model to .*Choose another folder"):
        unrolled.SequenceModel().check_save(tmp_path / name)
    with pytest.raises(ArtifactError, match=r"Cannot write the model to .*Choose another folder"):
        write_model(tmp_path / name, FILES)
    with pytest.raises(ArtifactError, match=r"There is no saved model at|Cannot read the model"):
        unrolled.load(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_links_in_a_circle_are_not_a_model(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ArtifactError, match=r"There is no saved model at"):
        unrolled.load(tmp_path / "a")


def test_a_folder_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    write_model(tmp_path / "model", FILES)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(ArtifactError, match=r"Cannot read the model in .*: Permission denied"):
        unrolled.load(tmp_path / "model")


def test_a_zip_file_never_gets_records_that_are_refused_when_it_is_read(tmp_path, monkeypatch):
    assert writer.MAX_ZIP_BYTES < zipfile.ZIP64_LIMIT
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)  # as if these files were of two gigabytes
    monkeypatch.setattr(writer, "MAX_ZIP_BYTES", 900)
    with pytest.raises(ArtifactError, match=r"it has more than 900 bytes, too many for a zip file"):
        write_model(tmp_path / "model.zip", FILES)
    write_model(tmp_path / "model.zip", FILES | {"README.md": "a page\n"})
    assert read_model(
        tmp_path / "model.zip", {SEQUENCES: lambda saved: saved.read_bytes("README.md")}
    )
