"""Every activation function by name, collected from the families."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType

from app.activations import families
from app.activations.base import Activation
from app.activations.errors import UnknownActivation


def modules() -> Iterator[ModuleType]:
    """The families."""
    for info in pkgutil.walk_packages(families.__path__, families.__name__ + "."):
        yield importlib.import_module(info.name)


def collect(modules: Iterable[ModuleType]) -> Mapping[str, type[Activation]]:
    """The concrete classes that the modules declare, by canonical name in alphabetical order."""
    found: dict[str, type[Activation]] = {}
    for module in modules:
        for _, value in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(value, Activation)
                and value.__module__ == module.__name__
                and "name" in vars(value)
            ):
                found[value.name] = value
    return MappingProxyType(dict(sorted(found.items())))


CATALOG: Mapping[str, type[Activation]] = collect(modules())


def spelling(name: str) -> str:
    """A name as it is compared: case, hyphens and underscores don't matter."""
    return name.lower().replace("-", "").replace("_", "")


def bare(name: str) -> str:
    """What a framework's name comes down to: `nn.GELU('tanh')`, `jax.nn.gelu` and `F.gelu_` are all gelu."""
    path = name.partition("(")[0].rstrip(".")
    return spelling(path.rpartition(".")[2]).replace(" ", "")


_SPELLINGS: Mapping[str, str] = {
    spelling(known): name for name, kind in CATALOG.items() for known in (name, *kind.aliases)
}


def _meanings() -> Mapping[str, list[str]]:
    """The functions that a spelling may stand for, those of frameworks included."""
    found = {known: [name] for known, name in _SPELLINGS.items()}
    for name, kind in CATALOG.items():
        for equivalent in kind.equivalents:
            for known in (spelling(equivalent.name), bare(equivalent.name)):
                names = found.setdefault(known, [])
                if name not in names:
                    names.append(name)
    return found


_MEANINGS = _meanings()


def find(name: str) -> type[Activation]:
    """The function with that name or alias. Raises UnknownActivation, with near names."""
    wanted = spelling(name)
    if wanted in _SPELLINGS:
        return CATALOG[_SPELLINGS[wanted]]
    raise UnknownActivation(name, _near(name[:100]))


def _near(name: str) -> list[str]:
    """Up to five functions that may be meant, the likeliest first."""
    wanted = bare(name)
    near = [known for known in (spelling(name), wanted) if known in _MEANINGS]
    if not near:
        near = difflib.get_close_matches(wanted, _MEANINGS, n=8, cutoff=0.6)
        near.sort(key=lambda known: sorted(known) != sorted(wanted))  # gleu is gelu before it is glu
    return list(dict.fromkeys(meant for known in near for meant in _MEANINGS[known]))[:5]
