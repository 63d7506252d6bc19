"""What one could use instead: the same gelu in other servers, each written as its documentation says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks import plots
from benchmarks.client import JSON, BadAnswer, Connection, request_head, seconds_at_once
from benchmarks.interleaved import by_turns
from benchmarks.page import Section, figure, table
from benchmarks.servers import RIVALS, ROOT, SERVICE, NotServing, Server, free_port, serving

OURS = "this service"
PATH = "/activate/gelu"

Floats = NDArray[np.float64]


def as_lists(x: Floats) -> bytes:
    """A body with x as nested lists."""
    return orjson.dumps({"x": x}, option=orjson.OPT_SERIALIZE_NUMPY)


def as_inference(x: Floats) -> bytes:
    """A body of the Open Inference Protocol, with x flat."""
    given = {"name": "x", "datatype": "FP64", "shape": x.shape, "data": x.reshape(-1)}
    return orjson.dumps({"inputs": [given]}, option=orjson.OPT_SERIALIZE_NUMPY)


class Rival(NamedTuple):
    """A server: what starts it, where it answers to what, and the list of packages that it needs."""

    command: Sequence[str]
    path: str = PATH
    body: Callable[[Floats], bytes] = as_lists
    requirements: str = ""
    models: Mapping[str, object] | None = None
    """MLServer's settings of a model, which are a file."""


RIVALS_BY_NAME: Mapping[str, Rival] = {
    OURS: Rival(SERVICE),
    "FastAPI, pydantic, NumPy": Rival([sys.executable, str(RIVALS / "fastapi_numpy.py")]),
    "FastAPI, pydantic, PyTorch": Rival([sys.executable, str(RIVALS / "fastapi_torch.py")]),
    "LitServe": Rival(["python", str(RIVALS / "litserve_gelu.py")], requirements="litserve"),
    "BentoML": Rival(
        ["bentoml", "serve", "bentoml_gelu:Gelu", "--port", "{port}", "--working-dir", str(RIVALS)],
        requirements="bentoml",
    ),
    "MLServer": Rival(
        ["mlserver", "start", "."],
        "/v2/models/gelu/infer",
        as_inference,
        "mlserver",
        {"name": "gelu", "implementation": "mlserver_gelu.Gelu"},
    ),
}


class NotInstalled(Exception):
    """pip could not install what a rival needs."""


def environment(name: str) -> Path:
    """The programs of an environment with the packages of that list; made if it is not there."""
    place = ROOT / f".venv-bench-{name}"
    programs, done = place / "bin", place / "done"
    listed = RIVALS / f"{name}.txt"
    if not done.exists() or done.read_text() != listed.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        pip = [
            programs / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "-r",
            listed,
        ]
        tried = subprocess.run(list(map(str, pip)), capture_output=True, text=True, check=False)
        if tried.returncode:
            errors = [line for line in tried.stderr.splitlines() if line.startswith("ERROR")]
            raise NotInstalled(errors[-1] if errors else tried.stderr[-200:])
        done.write_text(listed.read_text())
    return programs


@contextmanager
def started(rival: Rival) -> Iterator[Server]:
    """The rival's server. Raises NotInstalled, NotServing."""
    command = list(rival.command)
    if rival.requirements:
        command[0] = str(environment(rival.requirements) / command[0])
    with TemporaryDirectory() as directory:
        if rival.models is None:
            with serving(command) as server:
                yield server
            return
        Path(directory, "model-settings.json").write_text(json.dumps(rival.models))
        ports = {f"MLSERVER_{kind}_PORT": str(free_port()) for kind in ("GRPC", "METRICS")}
        settings = ports | {"PYTHONPATH": str(RIVALS), "MLSERVER_PARALLEL_WORKERS": "0"}
        with serving(command, settings, Path(directory), port_in="MLSERVER_HTTP_PORT") as server:
            yield server


def await_model(server: Server, rival: Rival, body: bytes) -> None:
    """Ask until the answer is right: some listen before they have loaded. Raises NotServing."""
    request = request_head(rival.path, len(body), JSON) + body
    for _ in range(100):
        try:
            with Connection(server.port) as connection:
                connection.ask(request)
        except (OSError, BadAnswer) as error:
            said = error
            time.sleep(0.3)
        else:
            return
    raise NotServing(str(said))


def small(
    server: Server, connection: Connection, rival: Rival, body: bytes, count: int
) -> Callable[[], tuple[float, float]]:
    """Seconds of the clock, and of the processor, for a small request: the mean of so many."""
    request = request_head(rival.path, len(body), JSON) + body

    def measured() -> tuple[float, float]:
        cpu, start = server.cpu_seconds(), time.perf_counter()
        for _ in range(count):
            connection.ask(request)
        return (time.perf_counter() - start) / count, (server.cpu_seconds() - cpu) / count

    return measured


def large(server: Server, rival: Rival, body: bytes) -> Callable[[], tuple[float, float]]:
    """The same for a large one."""

    def measured() -> tuple[float, float]:
        cpu = server.cpu_seconds()
        seconds = seconds_at_once(server.port, rival.path, body, JSON)
        return seconds, server.cpu_seconds() - cpu

    return measured


def rows(found: Mapping[str, list[tuple[float, float]]], unit: float) -> list[list[str]]:
    """For each server time and processor's time in that unit, and both over this service's."""
    lines = []
    for name, costs in found.items():
        line = [name]
        for kind in (0, 1):
            times = [cost[kind] for cost in costs]
            ratios = [a / b[kind] for a, b in zip(times, found[OURS], strict=True)]
            line += [figure(median(times) / unit), figure(median(ratios))]
        lines.append(line)
    return lines


def section(quick: bool) -> Section:
    """Small requests and large ones, to every server by turns."""
    few, many = (np.random.default_rng(7).normal(0, 3, shape) for shape in ((8, 16), (1000, 1000)))
    running: dict[str, Server] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        for name, rival in RIVALS_BY_NAME.items():
            try:
                server = stack.enter_context(started(rival))
                await_model(server, rival, rival.body(few))
                running[name] = server
            except (NotInstalled, NotServing) as error:
                absent[name] = str(error)[:300]
        chosen = {name: (server, RIVALS_BY_NAME[name]) for name, server in running.items()}
        count = 20 if quick else 100
        works = {
            name: small(server, stack.enter_context(Connection(server.port)), rival, rival.body(few), count)
            for name, (server, rival) in chosen.items()
        }
        smaller = by_turns(works, 3 if quick else 15)
        works = {name: large(server, rival, rival.body(many)) for name, (server, rival) in chosen.items()}
        larger = by_turns(works, 2 if quick else 5)
    listed = [
        line
        for file in sorted(RIVALS.glob("*.txt"))
        for line in file.read_text().split()
        if "scipy" not in line
    ]
    picture = plots.bars(
        "alternatives",
        {name: median(cpu for _, cpu in costs) for name, costs in larger.items()},
        "seconds of the processors for 1000 × 1000 float64 as JSON",
    )
    lacking = "".join(f"\n{name} is missing: {why}\n" for name, why in absent.items())
    text = f"""
The same gelu, float64 as JSON, in other servers, one worker each, as their documentation has it
([rivals/](rivals)): {", ".join(listed)}. MLServer is asked in the Open Inference Protocol, the others with
nested lists. SciPy's erf and PyTorch's gelu have no digit right in the tails
([docs/accuracy.md](../docs/accuracy.md)). Times of the clock and of the processors (of all processes of a
server), and how many times this service's that is.
{lacking}
8 × 16, on a connection kept open:

{table(("", "time, ms", "ratio", "processors, ms", "ratio"), rows(smaller, 1e-3))}

1000 × 1000:

{table(("", "time, s", "ratio", "processors, s", "ratio"), rows(larger, 1))}

{picture}
"""
    return Section(text)
