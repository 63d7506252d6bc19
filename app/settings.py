"""Limits and switches, from environment variables that start with ACTIVATIONS_."""

import os
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may choose; `max_body_bytes` is ACTIVATIONS_MAX_BODY_BYTES, and so on."""

    model_config = SettingsConfigDict(env_prefix="ACTIVATIONS_", frozen=True)

    max_body_bytes: PositiveInt = 64 * 2**20
    """The largest request body that is read into memory."""

    max_stream_bytes: PositiveInt = 4 * 2**30
    """The largest .npy body of an elementwise function, which is computed while it arrives."""

    max_spool_bytes: PositiveInt = 8 * 2**30
    """The most room for answers that clients do not read yet, in temporary files (in TMPDIR, else /tmp)."""

    max_query_bytes: PositiveInt = 32 * 2**10
    """The longest query string that is read; proxies commonly stop at 8 to 64 KiB."""

    max_elements: PositiveInt = 10_000_000
    """The most numbers in one tensor of a request, and in the value computed from it."""

    max_jacobian_elements: PositiveInt = 10_000_000
    """The most numbers in a derivative that is larger than `x`; `upstream` gives smaller ones."""

    body_stall_seconds: PositiveFloat = 30.0
    """How long a request body may make no progress before the request is given up."""

    answer_stall_seconds: PositiveFloat = 300.0
    """How long a client may read nothing of an answer to such a body before it is given up."""

    inline_bytes: PositiveInt = 16 * 2**10
    """Bodies up to this size are parsed on the event loop: a thread would cost more than the parsing."""

    inline_elements: PositiveInt = 256
    """Results up to this size are computed on the event loop, for the same reason."""

    workers: Annotated[int, Field(ge=1)] = os.cpu_count() or 1
    """How many larger requests are parsed and computed at the same time; the others wait for their turn."""
