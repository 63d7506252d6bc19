"""What can be wrong with a message, whatever its format."""

Location = tuple[str | int, ...]


class Malformed(ValueError):
    """The bytes are not in the format they claim to be in."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooLarge(ValueError):
    """The message holds more values than the limit allows."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidMessage(ValueError):
    """Well-formed, but not what was asked for; `loc` says where (empty: the message as a whole)."""

    def __init__(self, message: str, loc: Location = ()) -> None:
        super().__init__(message)
        self.message = message
        self.loc = loc


class InvalidTensor(InvalidMessage):
    """A member that has to be a number or nested lists of numbers is something else at `loc`."""
