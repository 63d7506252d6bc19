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


_SPELLINGS: Mapping[str, str] = {
    spelling(known): name for name, kind in CATALOG.items() for known in (name, *kind.aliases)
}


def find(name: str) -> type[Activation]:
    """The function with that name or alias. Raises UnknownActivation, with near names."""
    wanted = spelling(name)
    if wanted in _SPELLINGS:
        return CATALOG[_SPELLINGS[wanted]]
    raise UnknownActivation(name, _near(wanted[:100]))


def _near(wanted: str) -> list[str]:
    # a framework's spelling: what follows the last dot is the function's name
    wanted = wanted.rpartition(".")[2] or wanted
    near = difflib.get_close_matches(wanted, _SPELLINGS, n=8, cutoff=0.6)
    if wanted in _SPELLINGS:
        near.insert(0, wanted)
    return list(dict.fromkeys(_SPELLINGS[match] for match in near))[:5]
