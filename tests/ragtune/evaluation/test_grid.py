"""A grid names its runs, bounds them, and says what can't be compared."""

from pathlib import Path

import pytest

from ragtune.errors import SettingsError
from ragtune.evaluation.grid import Cell, Outcome, figure, load_grid, warnings
from ragtune.evaluation.intervals import Interval

TEXT = """
name = "sizes"
preset = "sample"
recipe = "training/recipes/sample.toml"
bases = ["a", "b"]
epochs = [1, 2]
sizes = [2500, 1000]
share = 0.5
"""
SHIPPED = sorted(Path("training/sweeps").rglob("*.toml"))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "grid.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_combination_is_a_run_with_rows_in_proportion(tmp_path: Path) -> None:
    grid = load_grid(written(tmp_path, TEXT))
    assert len(grid.cells) == 8
    assert grid.cells[0] == Cell(base=Path("a"), epochs=1, size=1000)
    assert [grid.share_of(cell) for cell in grid.cells[:2]] == [0.2, 0.5]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_grid_loads(path: Path) -> None:
    assert load_grid(path).recipe.exists()


def test_some_grid_is_shipped() -> None:
    assert SHIPPED


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("max_runs = 7", "max_runs: 7, but the grid has 8 runs"),
        ("limit = 'all'", "limit: expected int, found 'all'"),
    ],
)
def test_too_many_runs_and_wrong_values_are_refused(tmp_path: Path, changed: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_grid(written(tmp_path, f"{TEXT}{changed}\n"))
    with pytest.raises(SettingsError, match=r"epochs: \[1, 1\] is empty, or names one twice"):
        load_grid(written(tmp_path, TEXT.replace("[1, 2]", "[1, 1]")))
    with pytest.raises(SettingsError, match=r"name: '\.\./sizes' is no name of a folder"):
        load_grid(written(tmp_path, TEXT.replace('"sizes"', '"../sizes"')))
    with pytest.raises(SettingsError, match="epochs: 11 is not between 1 and 10"):
        load_grid(written(tmp_path, TEXT.replace("[1, 2]", "[11]")))


def test_bases_of_other_sizes_or_tokenizers_are_warned_of() -> None:
    small, large = Path("small"), Path("large")
    same = {small: "1", large: "1"}
    assert warnings({small: 100, large: 105}, same) == []
    assert "differ in size (small 100, large 111 parameters)" in warnings({small: 100, large: 111}, same)[0]
    assert "losses can't be compared" in warnings({small: 100, large: 100}, {small: "1", large: "2"})[0]


def test_loss_and_answers_are_drawn_for_every_base_and_number_of_epochs(tmp_path: Path) -> None:
    grid = load_grid(written(tmp_path, TEXT))
    share = Interval(share=0.6, low=0.4, high=0.8, n=20)
    outcomes = [
        Outcome(cell=cell, loss=1.5 / cell.epochs, validation=0.5, answers=share, seconds=1.0)
        for cell in grid.cells
    ]
    drawn = figure(outcomes, "", "sizes")
    assert drawn.startswith("<svg")
    assert drawn.endswith("</svg>")
    for name in ("a · 1 ep.", "b · 2 ep.", "training loss", "share of the points"):
        assert name in drawn, name
