"""Imports go one way: each file imports only from what is to its left, in every folder."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

# By folder, from left to right: what stands between two arrows imports only from further left.
ORDER = {
    "": (
        "errors -> disk shapes settings -> schema -> data -> baselines saving -> "
        "backend keras_internals -> kernels -> layers program -> doctor networks -> runtime -> "
        "training inference -> explain export -> estimators from_sizes -> sequences forecasting -> "
        "loading demos -> __init__ -> cli -> __main__"
    ),
    "baselines": (
        "features logistic most_frequent ridge subsample verdict -> known -> linear nearest "
        "ngram -> "
        "__init__ checks"
    ),
    "cli": (
        "shared_options terminal -> backtest demo doctor evaluate export forecast importance "
        "predict show stream train -> __init__"
    ),
    "cli/shared_options": "__init__ reading -> forecasting training",
    "data": (
        "__init__ block chunk_warnings input_groups special_ids -> formats -> batches ngram_counts "
        "tables -> "
        "input_steps -> encoders -> infer -> layouts -> reading -> ingest -> known_outputs"
    ),
    "data/encoders": (
        "__init__ categories characters ngrams tags tokenizer -> base viterbi -> "
        "label_sets labels scaler vocabulary -> dates -> encoder -> table_encoder"
    ),
    "data/formats": (
        "__init__ content dates from_python parquet_probe raw_table read_options word_vectors -> "
        "conll delimited frames json_records -> ts_archive -> read write -> chunks"
    ),
    "data/formats/content": "__init__ compression encoding",
    "data/formats/delimited": ("__init__ cell_types -> dialect -> header_hint parse table"),
    "data/infer": (
        "__init__ label_lists length_groups numeric_arrays padded_arrays reason -> kinds -> "
        "target_arrays -> "
        "arrays columns infer_schema"
    ),
    "data/layouts": (
        "__init__ times -> numbered rows_as_steps -> columns_as_steps hint labels_by_id -> arrange"
    ),
    "data/tables": (
        "__init__ label_index unusual spelled_numbers -> cells -> date_cells ragged -> label_sets "
        "-> table -> fingerprint "
        "known missing_inputs "
        "shared_rows split -> trained_rows"
    ),
    "demos": "__init__ bike_sharing",
    "disk": "__init__ durable locks -> figures",
    "estimators": "scikit_learn -> base -> __init__",
    "explain": (
        "__init__ diagram model_card notebook source toy_task -> loop script variables wiring -> "
        "code -> textbook -> terminal_page"
    ),
    "explain/diagram": (
        "boxes facts lengths -> palette sketch -> recurrence rows -> other_inputs words -> "
        "decoders -> "
        "drawing svg text -> picture -> __init__"
    ),
    "export": (
        "__init__ extra made_rows place readme standalone -> nodes one_file proof -> operations -> "
        "onnx_graph -> columns keras_model -> files -> bundle"
    ),
    "export/operations": (
        "activations base -> dense elementwise recurrence shapes -> joining -> __init__"
    ),
    "export/standalone": (
        "__init__ cells tags -> labels text -> columns -> decoding -> bundle -> command"
    ),
    "forecasting": (
        "__init__ baselines intervals series -> defaults forecast_plot limits -> trained -> "
        "model_card "
        "notebook prediction preparation serialization -> fitting live -> backtesting -> "
        "forecaster"
    ),
    "forecasting/backtesting": (
        "__init__ errors interval_scores refit -> rolling_origin -> plot -> backtest -> run"
    ),
    "forecasting/live": (
        "__init__ latest_steps -> followed -> observation rolling_errors saved_state -> "
        "live_forecaster"
    ),
    "forecasting/series": (
        "__init__ dtypes layout times windows -> wide -> arguments timeline -> infer_timeline "
        "panel -> "
        "calendar_features reading scaling static_features -> dataset future"
    ),
    "forecasting/series/reading": (
        "__init__ covariates ids stated_steps -> refusals -> from_frame"
    ),
    "forecasting/series/times": (
        "__init__ open_days periods spelling wall_clock -> month_days parse -> fiscal_weeks -> "
        "calendars"
    ),
    "inference": "__init__ calibration decoding threshold -> predict -> generate",
    "inference/decoding": (
        "results step -> constraints numeric -> beam_search greedy_and_sampling -> __init__"
    ),
    "kernels": (
        "calls derivatives flags gru lstm sharding -> aten native -> __init__ check pure -> "
        "ffi on_torch"
    ),
    "layers": (
        "padding -> fast_path on_jax on_torch -> recurrent -> gru lstm -> __init__ "
        "stacked_cells -> acceleration"
    ),
    "networks": (
        "minirocket spec -> building_blocks weight_counts -> pooling -> "
        "linear_branch wirings -> bundle -> decoder -> architectures ensemble -> defaults "
        "size_limit -> model_builder -> saved -> __init__"
    ),
    "networks/wirings": "__init__ aligned many_to_one one_to_many one_to_one unaligned",
    "program": (
        "operations -> graph -> program walk -> from_recurrent -> from_layers -> from_keras -> "
        "__init__"
    ),
    "program/operations": (
        "activations base equations -> unary -> attention convolution dense joining pooling "
        "recurrence shapes -> __init__"
    ),
    "runtime": "blas kernel weights -> runner states streaming -> network -> __init__",
    "runtime/streaming": "step -> cells patterns pools rules -> compile -> network -> __init__",
    "saving": "checked_json -> container tensors -> state_file writer -> reader -> __init__",
    "sequences": (
        "__init__ complete_rows sklearn_tags trained unused_settings -> evaluation "
        "linear_branch model_card notebook prediction preparation serialization streams "
        "training_script -> export fitting importance inside -> predictor -> model"
    ),
    "sequences/inside": "__init__ states_plot step_labels -> attention layer_states -> methods",
    "sequences/importance": "result -> permutation -> __init__",
    "sequences/linear_branch": "__init__ rows -> fit",
    "sequences/streams": (
        "__init__ saved_state values -> numbers step_decoder times -> step_encoder -> step_model "
        "-> keyed stream -> methods"
    ),
    "sequences/evaluation": (
        "gaps metrics -> confusion -> label_sets -> result scores -> evaluate -> __init__"
    ),
    "training": (
        "__init__ checkpoint_file dataset history losses progress run_fingerprint "
        "scheduled_sampling -> checkpoints defaults history_plot -> early_stopping -> fit"
    ),
}

HOME = Path(unrolled.__file__).parent
FOLDERS = sorted(path.parent for path in HOME.rglob("__init__.py"))
FILES = sorted(HOME.rglob("*.py"))
ENGINES = ("keras", "jax", "torch", "tensorflow")


def levels(folder):
    """Return the place of each file and folder inside a folder, from left to right."""
    groups = ORDER[folder].split(" -> ")
    return {name: place for place, group in enumerate(groups) for name in group.split()}


def module(path):
    """Return the parts of a module's name below `unrolled`."""
    return path.relative_to(HOME).with_suffix("").parts


def imported(path):
    """Return every module that a file imports, in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            for alias in node.names:
                parts = f"{node.module}.{alias.name}".split(".")[1:]
                inside = HOME.joinpath(*parts)
                is_module = (
                    inside.with_suffix(".py").is_file() or (inside / "__init__.py").is_file()
                )
                ours = node.module.partition(".")[0] == "unrolled"
                yield f"{node.module}.{alias.name}" if ours and is_module else node.module


def imported_parts(path):
    """Return the parts below `unrolled` of every module of the package that a file imports."""
    for name in imported(path):
        head, *parts = name.split(".")
        if head == "unrolled":
            folder = HOME.joinpath(*parts)
            yield (*parts, "__init__") if folder.is_dir() else tuple(parts)


def name(path):
    return path.relative_to(HOME).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_imports_only_from_its_left(path):
    here = module(path)
    for there in imported_parts(path):
        common = next(i for i, (a, b) in enumerate(zip(here, there, strict=False)) if a != b)
        folder, a, b = "/".join(here[:common]), here[common], there[common]
        place = levels(folder)
        assert place[b] < place[a], f"{b} is not to the left of {a} in {folder or 'unrolled'}"


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_order_names_what_is_in_the_folder_and_nothing_else(folder):
    inside = {path.stem for path in folder.glob("*.py")}
    inside |= {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()}
    assert inside == set(levels("/".join(folder.relative_to(HOME).parts)))


def test_the_order_has_no_folder_that_does_not_exist():
    assert set(ORDER) == {"/".join(folder.relative_to(HOME).parts) for folder in FOLDERS}


@pytest.mark.parametrize("page", ["docs/overview.md", "CONTRIBUTING.md"])
def test_the_pages_show_this_order(page):
    text = (Path(__file__).parents[1] / page).read_text(encoding="utf-8")
    line = " -> ".join(" ".join(group.split()) for group in ORDER[""].split(" -> "))
    assert line in " ".join(text.split())


@pytest.mark.parametrize("path", sorted((HOME / "cli").glob("*.py")), ids=name)
def test_the_command_line_uses_public_names_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "unrolled"
    }
    assert used <= set(unrolled.__all__)
    assert all(parts[0] in ("cli", "__init__") for parts in imported_parts(path))


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if module(path)[0] in ("data", "baselines")],
    ids=name,
)
def test_data_and_baselines_never_import_an_engine(path):
    assert not [found for found in imported(path) if found.partition(".")[0] in ENGINES]


def test_import_unrolled_loads_no_engine_and_no_pandas():
    heavy = (*ENGINES, "pandas", "sklearn", "polars")
    script = f"import sys, unrolled; print([n for n in {heavy} if n in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "[]\n"
