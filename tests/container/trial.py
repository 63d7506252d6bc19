"""The image on a real Docker daemon. Not named test_*, so that only `make test-container` collects it."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGE = "activations"
BODY = json.dumps({"x": [-1.0, 0.0, 2.0]}).encode()


def docker(*arguments: str, **environment: str) -> str:
    """What the command prints; a failure shows what it complained of."""
    done = subprocess.run(
        ["docker", *arguments], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()


def wait_until_healthy(container: str) -> None:
    deadline = time.monotonic() + 90
    while (health := docker("inspect", "-f", "{{.State.Health.Status}}", container)) != "healthy":
        assert time.monotonic() < deadline, f"{health}\n{docker('logs', container)}"
        time.sleep(0.5)


@pytest.fixture(scope="module", autouse=True)
def image() -> str:
    docker("build", "--network", "host", "-t", IMAGE, ".")
    return IMAGE


@pytest.fixture
def network() -> Iterator[str]:
    """A network of its own: the default bridge is not there on every daemon."""
    name = f"activations-trial-{os.getpid()}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


@pytest.fixture
def service(network: str) -> Iterator[tuple[str, int]]:
    """A healthy container, and its port; inside it listens on a PORT that is not the default."""
    outside = free_port()
    publish = ["--network", network, "--publish", f"127.0.0.1:{outside}:9123", "--env", "PORT=9123"]
    confine = ["--read-only", "--cap-drop", "ALL", "--health-interval", "1s"]
    container = docker("run", "--detach", *publish, *confine, IMAGE)
    try:
        wait_until_healthy(container)
        yield container, outside
    finally:
        docker("rm", "--force", container)


def test_answers(service: tuple[str, int]) -> None:
    _, port = service
    assert ask(port, "GET", "/healthz")[0] == 200
    status, answer = ask(port, "POST", "/activate/relu", BODY)
    assert (status, json.loads(answer)["y"]) == (200, [0.0, 0.0, 2.0])


def test_runs_as_nobody_in_particular(service: tuple[str, int]) -> None:
    container, _ = service
    assert docker("exec", container, "id", "-u") == "10001"


def test_sigterm_finishes_what_is_in_flight(service: tuple[str, int]) -> None:
    container, port = service
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.putrequest("POST", "/activate/relu")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.endheaders(BODY[:5])
        time.sleep(0.5)  # half a request must have arrived when the signal does

        docker("kill", "--signal", "TERM", container)
        time.sleep(1.5)
        assert docker("inspect", "-f", "{{.State.Running}}", container) == "true"
        with pytest.raises(ConnectionError):  # nothing new is taken in
            ask(port, "GET", "/healthz")

        connection.send(BODY[5:])
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())["y"]) == (200, [0.0, 0.0, 2.0])
    assert docker("wait", container) == "0", docker("logs", container)


def test_a_bad_port_is_one_sentence() -> None:
    run = ["docker", "run", "--rm", "--network", "none", "--env", "PORT=http", IMAGE]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "PORT must be a whole number from 1 to 65535, not 'http'.\n"


def test_compose() -> None:
    port = free_port()
    project = ["compose", "--project-name", f"activations-trial-{os.getpid()}"]
    try:
        docker(*project, "up", "--build", "--detach", "--wait", "--wait-timeout", "90", PORT=str(port))
        assert ask(port, "POST", "/activate/relu", BODY)[0] == 200
        container = docker(*project, "ps", "--quiet", PORT=str(port))
        docker(*project, "stop", PORT=str(port))
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container) == "0"
    finally:
        docker(*project, "down", "--volumes", PORT=str(port))
