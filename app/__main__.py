"""`python -m app`: the service on HOST and PORT, as `make serve` and the container run it."""

import os
import re
import signal
import sys
from contextlib import suppress
from typing import Any

import uvicorn
from pydantic import ValidationError

from app.allocation import keep_freed_memory
from app.settings import Settings

# Below the 30 s that docker-compose.yml grants: a stuck client must not turn a stop into a kill.
SHUTDOWN_SECONDS = 25


def parse_port(text: str) -> int:
    """The port that `text` names; SystemExit with a sentence for a person if it names none."""
    if re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= 65535:
        return int(text)
    raise SystemExit(f"PORT must be a whole number from 1 to 65535, not {text[:40]!r}.")


def check_settings() -> None:
    """SystemExit with a sentence if an ACTIVATIONS_ variable holds what it can't."""
    try:
        Settings()
    except ValidationError as error:
        faults = (f"ACTIVATIONS_{fault['loc'][0]}".upper() + f": {fault['msg']}." for fault in error.errors())
        raise SystemExit("\n".join(faults)) from None


def configured(**address: Any) -> uvicorn.Config:
    """How uvicorn serves the application, wherever it listens."""
    return uvicorn.Config(
        "app.main:app",
        loop="uvloop",
        http="app.api.protocol:BoundedHttpProtocol",
        ws="none",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **address,
    )


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; then finish what is in flight and leave with status 0."""
    # An exec-form CMD expands no variables, so the program reads them. Empty counts as unset.
    host = os.environ.get("HOST") or "127.0.0.1"
    port = parse_port(os.environ.get("PORT") or "8000")
    check_settings()
    keep_freed_memory()
    # After its graceful stop uvicorn raises the signal again; the default action would make that status 143.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        uvicorn.Server(configured(host=host, port=port)).run()


if __name__ == "__main__":
    main()
