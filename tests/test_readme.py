"""README.md says what is so: its examples are run, its tables and paths held against the code."""

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import numpy as np
import pytest

import app.__main__
from app.activations import CATALOG
from app.activations.catalog import collect
from app.settings import Settings
from tests.conftest import Server

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ADDRESS = "http://localhost:8000"

# What the modules in families/ have at the top.
IMPORTS = """
from typing import Annotated, ClassVar

from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

"""


class Example(NamedTuple):
    """A command of the README, and what it says the answer is."""

    line: int
    command: str
    answer: str


def blocks(language: str) -> Iterator[tuple[int, str]]:
    """The fenced blocks in a language, each with the number of its first line."""
    for match in re.finditer(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        yield README.count("\n", 0, match.start(1)) + 1, match[1]


def examples() -> Iterator[Example]:
    for start, block in blocks("console"):
        for part in re.finditer(r"^\$ (.*?)(?=^\$ |\Z)", block, re.MULTILINE | re.DOTALL):
            lines = part[1].splitlines()
            # The command goes on as long as a quotation is open.
            end = next(n for n in range(1, len(lines) + 1) if balanced("\n".join(lines[:n])))
            line = start + block.count("\n", 0, part.start())
            yield Example(line, "\n".join(lines[:end]), "\n".join(lines[end:]))


def balanced(command: str) -> bool:
    try:
        return bool(shlex.split(command))
    except ValueError:
        return False


def compact(text: str) -> str:
    """JSON without the white space between its tokens."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', r"\1", text)


def agrees(answer: str, stated: str) -> bool:
    """Whether the answer is the one stated, token by token; a line of three dots stands for any text."""
    parts = [re.escape(compact(part)) for part in re.split(r"^\s*\.\.\.$", stated, flags=re.MULTILINE)]
    return re.fullmatch(".*".join(parts), compact(answer)) is not None


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: f"line-{example.line}")
def test_every_command_gives_the_answer_it_says(server: Server, example: Example) -> None:
    assert example.command.startswith("curl ")
    assert example.answer, "a command without its answer"
    command = example.command.replace("curl ", "curl -sS ", 1).replace("localhost:8000", server.url)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert agrees(done.stdout, example.answer), done.stdout


@pytest.mark.parametrize(
    ("stated", "right"),
    [
        ('{"y": [1.0,\n "a b"]}', True),
        ('{"y":\n...\n"a b"]}', True),
        ('...\n"a b"]}', True),
        ('{"y": [1, "a b"]}', False),
        ('{"y": [1.0, "ab"]}', False),
        ('{"y": [1.0,\n...\n, "a b"]}', False),
        ('{"y": [1.0', False),
    ],
)
def test_a_wrong_answer_would_be_noticed(stated: str, right: bool) -> None:
    assert agrees('{"y":[1.0,"a b"]}', stated) is right


def test_the_python_session_goes_as_it_says(server: Server) -> None:
    sessions = list(blocks("pycon"))
    assert sessions
    for line, session in sessions:
        source = session.replace(ADDRESS, server.url)
        test = doctest.DocTestParser().get_doctest(source, {}, "README.md", "README.md", line - 1)
        assert test.examples
        report: list[str] = []
        assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


def test_the_class_shown_is_all_a_function_takes(tmp_path: Path) -> None:
    ((_, source),) = blocks("python")
    path = tmp_path / "self_gated.py"
    path.write_text(IMPORTS + source)
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, path.stem, module)
        specification.loader.exec_module(module)
    ((name, shown),) = collect([module]).items()
    x = np.linspace(-3, 3, 25)
    ours, catalogued = (kind.model_validate({"beta": 1.5}) for kind in (shown, CATALOG[name]))
    assert np.array_equal(ours(x), catalogued(x))
    for wrt in ("x", "beta"):
        assert np.array_equal(ours.derivative(x, wrt).values, catalogued.derivative(x, wrt).values)
    assert shown.describe()["derivative_formula"] == CATALOG[name].describe()["derivative_formula"]


def test_no_block_is_left_unread() -> None:
    fences = re.findall(r"^```(.*)$", README, re.MULTILINE)
    assert set(fences[::2]) <= {"console", "pycon", "python"}
    assert set(fences[1::2]) == {""}


def test_the_table_of_settings_is_complete_and_right() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| ", README, re.MULTILINE))
    source = Path(app.__main__.__file__).read_text()
    for name in re.findall(r'environ\.get\("(\w+)"\)', source):
        assert f'"{table.pop(name)}"' in source, name
    assert table.pop("ACTIVATIONS_WORKERS") == "the number of processors"
    stated = {name: float(default.replace(",", "")) for name, default in table.items()}
    fields = {f"ACTIVATIONS_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    del fields["ACTIVATIONS_WORKERS"]
    assert stated == fields


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(/[^`{]*)`", README))))
def test_every_path_named_answers(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_every_file_and_target_named_is_there() -> None:
    links = set(re.findall(r"\]\((?!http)([^)#]+)\)", README))
    tree = set(re.findall(r"^    (\w[\w/.]*[/.]\w*) {2,}\w", README, re.MULTILINE))
    assert links
    assert len(tree) >= 5
    for path in links | tree:
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^    |`)make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert (ROOT / "docker-compose.yml").exists() == ("docker compose up" in README)


def test_every_heading_linked_to_is_there() -> None:
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", README, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings
