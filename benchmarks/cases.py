"""What is measured and what must hold: the commands of each case and its floors.

The first step of a case is the one under test, the others are what it is compared with; they take turns in
that order.  Whether a result is right is not measured here, only whether all messages are in it.
"""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SMALL = 1_000
BIG_FACTOR = 10
COUNT_PARQUET = "import sys, pyarrow.parquet as p; print(p.read_metadata(sys.argv[1]).num_rows)"
COUNT_ANALYSIS = (
    "import json, pathlib, sys; found = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')); "
    "print(sum(source['records']['messages'] for source in found['sources']))"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A result file, the code that counts the messages in it, and how many there must be."""

    file: str
    code: str
    messages: int


@dataclass(frozen=True, slots=True)
class Step:
    """One command; `wiped` names what is removed from the working directory before every run."""

    label: str
    argv: tuple[str, ...]
    source: Path | None = None
    wiped: str | None = None
    counted: Counted | None = None


@dataclass(frozen=True, slots=True)
class Medians:
    """The medians of the runs of a step, and the size of its input in megabytes (0 without one)."""

    wall: float
    cpu: float
    peak_mb: float
    input_mb: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number drawn from the medians of a case; with a limit it is a floor that `--check` enforces."""

    name: str
    value: Callable[[Sequence[Medians]], float]
    limit: float | None = None
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether a measured value keeps to the limit."""
        return self.limit is None or (value >= self.limit if self.at_least else value <= self.limit)


@dataclass(frozen=True, slots=True)
class Case:
    """Steps that run interleaved; a quick case is warmed up once and repeated more often."""

    id: str
    steps: tuple[Step, ...]
    figures: tuple[Figure, ...] = ()
    quick: bool = False


def find_cq() -> str | None:
    """Find the `cq` of this interpreter's environment, else the one on PATH."""
    beside = Path(sys.executable).with_name("cq")
    return str(beside) if beside.exists() else shutil.which("cq")


Provide = Callable[[str, int], Path]
REFERENCE = Path(__file__).with_name("reference.py")
WALL_RATIO = Figure("wall / reference", lambda m: m[0].wall / m[1].wall)
CPU_RATIO = Figure("CPU / reference", lambda m: m[0].cpu / m[1].cpu)
PEAK = Figure("peak, MB", lambda m: m[0].peak_mb)
RATE = Figure("input MB per CPU second", lambda m: m[0].input_mb / m[0].cpu)


def _bounded(figure: Figure, limit: float, *, at_least: bool = False) -> Figure:
    return Figure(figure.name, figure.value, limit, at_least)


def _messages(cq: str, source: Path, count: int, label: str = "cq messages") -> Step:
    argv = (cq, "messages", str(source), "--format", "parquet", "-o", "out.parquet")
    return Step(label, argv, source, "out.parquet", Counted("out.parquet", COUNT_PARQUET, count))


def _analyze(cq: str, source: Path, count: int, *options: str) -> Step:
    argv = (cq, "analyze", str(source), *options, "--format", "json", "-o", "out.json")
    return Step("cq analyze", argv, source, "out.json", Counted("out.json", COUNT_ANALYSIS, count))


def _reference(kind: str, source: Path) -> Step:
    return Step("reference loop", (sys.executable, str(REFERENCE), kind, str(source)), source)


def messages(cq: str, provide: Provide, count: int) -> Case:
    """Normalise one QQ text export to Parquet."""
    source = provide("qq-pc-txt", count)
    steps = (_messages(cq, source, count), _reference("qq", source))
    return Case("messages", steps, (_bounded(WALL_RATIO, 0.75), CPU_RATIO, _bounded(PEAK, 700)))


def big(cq: str, provide: Provide, count: int) -> Case:
    """Normalise a QQ text export ten times as long: memory must hardly grow."""
    large, usual = provide("qq-pc-txt", count * BIG_FACTOR), provide("qq-pc-txt", count)
    steps = (_messages(cq, large, count * BIG_FACTOR, "cq messages, 10×"), _messages(cq, usual, count))
    growth = Figure("peak beyond that of 1×, MB", lambda m: m[0].peak_mb - m[1].peak_mb, 400)
    return Case("big", steps, (growth, Figure("wall / wall of 1×", lambda m: m[0].wall / m[1].wall)))


def analyze(cq: str, provide: Provide, count: int) -> Case:
    """Analyse activity, people and questions of one QQ text export."""
    source = provide("qq-pc-txt", count)
    analysis = _analyze(cq, source, count, "--section", "activity,people,questions")
    figures = (_bounded(WALL_RATIO, 1.5), CPU_RATIO, _bounded(PEAK, 1_000))
    return Case("analyze", (analysis, _reference("qq", source)), figures)


def jsonl(cq: str, provide: Provide, count: int) -> Case:
    """Normalise a ChatLab JSONL export to Parquet."""
    source = provide("chatlab-jsonl", count)
    steps = (_messages(cq, source, count), _reference("jsonl", source))
    return Case("jsonl", steps, (_bounded(RATE, 40, at_least=True), WALL_RATIO, PEAK))


def json_object(cq: str, provide: Provide, count: int) -> Case:
    """Normalise exports that are one large JSON object."""
    sources = [provide(export, count) for export in ("chatlab-json", "weflow-json")]
    chatlab, weflow = (_messages(cq, s, count, f"cq messages, {s.name[:7].strip('-')}") for s in sources)
    second = Figure("the same, WeFlow", lambda m: m[1].input_mb / m[1].cpu)
    return Case("json", (chatlab, weflow), (RATE, second))


def startup(cq: str, _provide: Provide, _count: int) -> Case:
    """Print the help text."""
    bare = Step("bare interpreter", (sys.executable, "-c", "pass"))
    return Case("help", (Step("cq --help", (cq, "--help")), bare), (_wall(0.2),), quick=True)


def small(cq: str, provide: Provide, _count: int) -> Case:
    """Analyse everything in an export of a thousand messages."""
    return Case("small", (_analyze(cq, provide("qq-pc-txt", SMALL), SMALL),), (_wall(1.5),), quick=True)


def _wall(limit: float) -> Figure:
    return Figure("wall, s", lambda m: m[0].wall, limit)


def out_of_order(cq: str, provide: Provide, count: int) -> Case:
    """Normalise the same messages in another order than that of time."""
    orders = {"shuffled": "-shuffled", "newest first": "-newest-first", "in order": ""}
    steps = tuple(
        _messages(cq, provide("qq-pc-txt" + suffix, count), count, f"cq messages, {order}")
        for order, suffix in orders.items()
    )
    shuffled = Figure("shuffled: wall / in order", lambda m: m[0].wall / m[2].wall)
    newest = Figure("newest first: wall / in order", lambda m: m[1].wall / m[2].wall)
    return Case("order", steps, (shuffled, newest, PEAK))


def store(cq: str, provide: Provide, count: int) -> Case:
    """Import one QQ text export into an empty store, then the same file once more."""
    source = provide("qq-pc-txt", count)
    argv = (cq, "import", str(source), "--store", "store", "--format", "json")
    steps = (Step("cq import, empty store", argv, source, "store"), Step("cq import, again", argv, source))
    again = Figure("again: wall / first", lambda m: m[1].wall / m[0].wall)
    return Case("store", steps, (Figure("first: wall, s", lambda m: m[0].wall), again, PEAK))


CASES: Mapping[str, Callable[[str, Provide, int], Case]] = {
    "messages": messages,
    "big": big,
    "analyze": analyze,
    "jsonl": jsonl,
    "json": json_object,
    "help": startup,
    "small": small,
    "order": out_of_order,
    "store": store,
}
