"""The example trains for real against a live server, and its complaints are one sentence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Server

SCRIPT = Path(__file__).parents[2] / "examples" / "train_digits.py"


def run(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(SCRIPT), "--url", url, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def accuracy(done: subprocess.CompletedProcess[str]) -> float:
    assert done.returncode == 0, done.stderr
    line = re.fullmatch(r"\w+: accuracy ([0-9.]+)% on 360 held-out digits\n", done.stdout)
    assert line, done.stdout
    return float(line[1])


def test_the_default_settings_reach_95_percent(server: Server) -> None:
    done = run(server.url)
    assert accuracy(done) >= 95
    assert "540/540" in done.stderr, "the progress bar"


# Guessing gets 10 %, as the untrained network does: two epochs of 90 steps are a third of the way.
@pytest.mark.parametrize("activation", ["swish", "prelu", "maxout"])
def test_two_epochs_teach_most_of_it(server: Server, activation: str) -> None:
    assert accuracy(run(server.url, "--activation", activation, "--epochs", "2", "--hidden", "16")) >= 80


@pytest.mark.parametrize("activation", ["crelu", "LeakyReLU"])
def test_any_width_and_spelling_will_do(server: Server, activation: str) -> None:
    assert accuracy(run(server.url, "--activation", activation, "--epochs", "1", "--hidden", "16")) >= 50


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--activation", "gleu"], "There is no function gleu; did you mean .*gelu.*"),
        (["--activation", "swiglu", "--hidden", "31"], "The axis to halve has 31 elements, .*"),
        (["--rate", "1e30"], "The training diverged; try a smaller --rate."),
        (
            ["--url", "http://127.0.0.1:1"],
            "No service answers at http://127.0.0.1:1; .*",
        ),
    ],
)
def test_complaints_are_one_sentence(server: Server, options: list[str], sentence: str) -> None:
    done = run(server.url, *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(sentence, done.stderr.rstrip("\n").rpartition("\n")[2]), done.stderr
    assert "Traceback" not in done.stderr


def test_numbers_are_checked() -> None:
    done = run("http://127.0.0.1:1", "--epochs", "0")
    assert done.returncode == 2
    assert done.stderr.endswith("argument --epochs: '0' is not a whole number above 0\n")
