"""The floor under every web service in Python: ASGI without a framework, which answers with BYTES bytes."""

import os
from typing import Any

import uvicorn

BODY = b"0" * int(os.environ.get("BYTES", "0"))
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read a body; answer with the constant."""
    assert scope["type"] == "http"
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", lifespan="off", access_log=False)
