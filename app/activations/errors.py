"""What can be wrong with a call; whoever speaks to people turns these into messages and statuses."""

from __future__ import annotations


class InvalidInput(ValueError):
    """An argument that does not fit, said in one sentence; `loc` is its place: ("params", "alpha")."""

    def __init__(self, message: str, loc: tuple[str | int, ...] = ("x",)) -> None:
        super().__init__(message)
        self.message = message
        self.loc = loc


class ResultTooLarge(ValueError):
    """An answer that would not fit into memory."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownActivation(LookupError):
    """No function has that name; `suggestions` are near ones."""

    def __init__(self, name: str, suggestions: list[str]) -> None:
        super().__init__(f"There is no activation function named {name!r}.")
        self.name = name
        self.suggestions = suggestions
