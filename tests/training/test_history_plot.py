"""The picture of learning curves."""

import pytest

from unrolled.errors import DataError, SettingError
from unrolled.training.history import History
from unrolled.training.history_plot import plot_histories

HISTORY = History(2, (3.0, 2.0, 1.0), (3.0, 2.5, 2.7), "early")


@pytest.mark.parametrize("count", [1, 3])
def test_the_curves_and_the_best_epoch_are_drawn(count, tmp_path):
    place = plot_histories([HISTORY] * count, tmp_path / "curves.svg")
    picture = place.read_text(encoding="utf-8")
    for text in ("training loss", "validation loss", "best epoch: 2"):
        assert picture.count(f"<!-- {text} -->") == count


def test_a_history_without_epochs_or_with_nan_is_no_crash(tmp_path):
    with pytest.raises(SettingError, match="There is no learning curve"):
        plot_histories([], tmp_path / "x.png")
    odd = History(1, (1.0, float("nan")), (1.0, float("nan")), "limit")
    assert plot_histories([odd], tmp_path / "x.png").exists()
    with pytest.raises(DataError, match="Cannot draw into"):
        plot_histories([HISTORY], tmp_path / "x.bmp")


def test_losses_that_are_not_finite_are_saved_as_json_can_hold_them():
    odd = History(1, (1.0, float("inf")), (1.0, float("nan")), "limit")
    saved = odd.to_dict()
    assert saved["validation"] == [1.0, None]
    assert str(History.from_dict(saved).validation) == "(1.0, nan)"
