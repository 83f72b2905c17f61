"""Coverage-guided fuzzing of what reads a stranger's files; `make fuzz` runs it.

    python tests/fuzz/fuzz.py read [SECONDS]      tables of every format
    python tests/fuzz/fuzz.py load [SECONDS]      files of a saved model, sealed again

The first byte of an input chooses the format or the file, the rest is its content. Whatever is not
an `UnrolledError` is a finding: it is printed once, its input is kept in `tests/fuzz/found`, and
the run goes on; a hang of 30 seconds or 4 GB of memory end it. Seeds are in `tests/fuzz/corpus`.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["unrolled"]):
    import unrolled
    import unrolled.data.formats.read
    import unrolled.loading

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "hostile"))

from artifacts import KINDS, sealed, whole  # noqa: E402

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".ts", ".conll", ".parquet", ".iob")
FILES = {
    "sequences": (
        "manifest.json",
        "encoders.json",
        "weights.safetensors",
        "references.safetensors",
    ),
    "forecasts": ("manifest.json", "series.json", "settings.json", "series.safetensors"),
}
PLACES = [(kind, name) for kind in KINDS for name in FILES[kind]]
SCRATCH = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
SECONDS = 600
WHOLE = {}
known: set[str] = set()


def read(raw: bytes) -> None:
    """Read a table."""
    path = SCRATCH / f"table{SUFFIXES[raw[0] % len(SUFFIXES)]}"
    path.write_bytes(raw[1:])
    unrolled.read(path)


def load(raw: bytes) -> None:
    """Load a model one of whose files is another."""
    kind, name = PLACES[raw[0] % len(PLACES)]
    if kind not in WHOLE:
        WHOLE[kind] = whole(kind, SCRATCH / kind)
        shutil.copytree(WHOLE[kind], SCRATCH / f"{kind}-whole")
    folder, kept = WHOLE[kind], SCRATCH / f"{kind}-whole"
    try:
        (folder / name).write_bytes(raw[1:])
        with contextlib.suppress(Exception):
            sealed(folder)
        unrolled.load(folder)
    finally:
        for changed in {name, "manifest.json"}:
            shutil.copyfile(kept / changed, folder / changed)


def found(raw: bytes, error: BaseException) -> None:
    """Keep what no user should meet."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
    if where in known:
        return
    known.add(where)
    (HERE / "found").mkdir(exist_ok=True)
    name = hashlib.sha256(raw).hexdigest()[:12]
    (HERE / "found" / f"{sys.argv[1]}-{name}").write_bytes(raw)
    print(f"\nfinding {name}: {where}: {str(error)[:200]}", flush=True)
    traceback.print_tb(error.__traceback__)


def one(work):
    """Return what tries one input."""

    def tried(raw: bytes) -> None:
        if not raw:
            return
        try:
            work(raw)
        except unrolled.errors.UnrolledError:
            pass
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a panic of a library is no Exception
            found(raw, error)

    return tried


def main() -> None:
    """Fuzz one of the two for some seconds."""
    which, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    grown = Path(tempfile.mkdtemp())
    options = [
        *(f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=4096"),
        *(
            "-max_len=20000",
            "-len_control=0",
            "-print_final_stats=1",
            f"-artifact_prefix={HERE}/found-",
        ),
        *(str(grown), str(HERE / "corpus" / which)),
    ]
    atheris.Setup([sys.argv[0], *options], one({"read": read, "load": load}[which]))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
