"""A real server: uvicorn in a process of its own, on a real socket, as `make serve` runs it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parent.parent

# The socket is opened here and handed over: no port to guess, and a client may connect at once.
# A RuntimeWarning of NumPy while a request is computed is an error, hence a 500.
PROGRAM = """
import socket, sys, uvicorn
config = uvicorn.Config("app.main:app", loop="uvloop", http="app.api.protocol:BoundedHttpProtocol", ws="none")
uvicorn.Server(config).run([socket.socket(fileno=int(sys.argv[1]))])
"""
COMMAND = [sys.executable, "-W", "error::RuntimeWarning", "-c", PROGRAM]


@dataclass(frozen=True)
class Server:
    """Where a server listens, and its process."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def forget_peak(self) -> None:
        """Let `peak` start anew, from the memory that is in use now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """The most bytes of memory that the process has had."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def exchange(self, *pieces: bytes, half_close: bool = False) -> bytes:
        """Send the pieces one by one, and read until the server closes or has answered in full."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                head, separator, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
                if separator and length and len(body) >= int(length[1]):
                    break
            return received


def status(answer: bytes) -> int:
    """The status of an answer as it came from the socket."""
    return int(answer.split(b" ", 2)[1])


Launch = Callable[[Mapping[str, str]], AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """Starts a server with the given environment variables; on the way out, it must not have failed."""

    @contextmanager
    def running(environment: Mapping[str, str]) -> Iterator[Server]:
        log = tmp_path_factory.mktemp("server") / "log"
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, log.open("wb") as output:
            port, descriptor = listener.getsockname()[1], listener.fileno()
            process = subprocess.Popen(
                [*COMMAND, str(descriptor)],
                cwd=ROOT,
                env={**os.environ, **environment},
                pass_fds=[descriptor],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Server(port, process.pid)
            assert process.poll() is None, log.read_text()[-4000:]
        finally:
            process.terminate()
            process.wait(30)
        assert "Traceback" not in log.read_text(), log.read_text()[-8000:]

    return running


@pytest.fixture(scope="session")
def server(launch: Launch) -> Iterator[Server]:
    with launch({}) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=120) as client:
        yield client
