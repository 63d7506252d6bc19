"""The servers that are compared, each in processes of its own, and what they use of the machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

ROOT = Path(__file__).parent.parent
RIVALS = Path(__file__).parent / "rivals"
SERVICE = [sys.executable, "-m", "app"]
ECHO = [sys.executable, str(RIVALS / "echo.py")]
PATIENCE = 120
"""Seconds that a server may take to start."""


class Server(NamedTuple):
    """A running server: the first of its processes, and where it listens."""

    process: int
    port: int

    def cpu_seconds(self) -> float:
        """What all its processes have used of the processors, to the nanosecond."""
        # clock_getcpuclockid(3) makes the clock of a process of its number so
        return sum(time.clock_gettime(~process << 3 | 2) for process in self.processes())

    def processes(self) -> list[int]:
        """The first process and all its descendants."""
        found = [self.process]
        for process in found:
            for task in Path(f"/proc/{process}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found

    def resident(self) -> int:
        """Bytes of memory that its first process has now."""
        return self._status("VmRSS")

    def peak(self) -> int:
        """The most bytes it had since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        # proc(5): 5 resets the peak resident set size
        Path(f"/proc/{self.process}/clear_refs").write_text("5")

    def _status(self, field: str) -> int:
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith(field + ":"))
        return int(line.split()[1]) * 1024


@contextmanager
def serving(
    command: Sequence[str | Path],
    settings: Mapping[str, str] | None = None,
    directory: Path = ROOT,
    port_in: str = "PORT",
) -> Iterator[Server]:
    """A server that the command starts, listening on the port that a variable names. Raises NotServing."""
    port = free_port()
    environment = os.environ | {port_in: str(port)} | dict(settings or {})
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [str(part).format(port=port) for part in command],
            cwd=directory,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        try:
            _await(process, port, said)
            yield Server(process.pid, port)
        finally:
            _stop(process)


class NotServing(Exception):
    """A server ended, or did not listen in time."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, said: IO[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise NotServing(lines[-1] if lines else f"ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise NotServing(f"did not listen within {PATIENCE} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole session: some servers have workers."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
