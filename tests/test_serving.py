"""`python -m app` as a process: what it reads, what it says, how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BODY = json.dumps({"x": [-1.0, 0.0, 2.0]}).encode()


@contextmanager
def started(**environment: str) -> Iterator[subprocess.Popen[str]]:
    """The program, with its standard error to read from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "http", "PORT must be a whole number from 1 to 65535, not 'http'.\n"),
        ("PORT", "65536", "PORT must be a whole number from 1 to 65535, not '65536'.\n"),
        ("PORT", "0", "PORT must be a whole number from 1 to 65535, not '0'.\n"),
        ("ACTIVATIONS_WORKERS", "0", "ACTIVATIONS_WORKERS: Input should be greater than or equal to 1.\n"),
    ],
)
def test_a_bad_variable_is_one_sentence(variable: str, value: str, sentence: str) -> None:
    with started(**{variable: value}) as process:
        _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (1, sentence)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_stopping_finishes_what_is_in_flight(port: int, stop: signal.Signals) -> None:
    with started(PORT=str(port)) as process:
        assert process.stderr is not None
        assert any("Uvicorn running" in line for line in process.stderr)
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.putrequest("POST", "/activate/relu")
            connection.putheader("Content-Length", str(len(BODY)))
            connection.endheaders(BODY[:5])
            time.sleep(0.3)  # half a request must have arrived when the signal does
            process.send_signal(stop)
            assert any("Waiting for connections" in line for line in process.stderr)

            connection.send(BODY[5:])
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["y"]) == (200, [0.0, 0.0, 2.0])
            assert response.getheader("Server") is None
        assert process.wait(20) == 0, process.stderr.read()
        assert "Traceback" not in process.stderr.read()
