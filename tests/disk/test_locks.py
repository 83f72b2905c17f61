"""A lock whose file cannot be created is not waited for."""

import filelock
import pytest

from unrolled.disk.locks import try_lock, wait_for_lock


@pytest.fixture
def no_wait(monkeypatch):
    """Fail where the library would be asked for a lock."""

    def acquire(*_, **__):
        raise AssertionError("it would wait")

    monkeypatch.setattr(filelock.BaseFileLock, "acquire", acquire)


@pytest.mark.usefixtures("no_wait")
def test_where_no_file_can_be_created_saving_goes_on_without_a_lock(tmp_path):
    with wait_for_lock(tmp_path / "missing" / "lock", seconds=60) as acquired:
        assert acquired


@pytest.mark.usefixtures("no_wait")
def test_where_no_file_can_be_created_a_training_learns_why(tmp_path):
    with pytest.raises(FileNotFoundError), try_lock(tmp_path / "missing" / "lock"):
        pass
