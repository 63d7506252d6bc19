"""The identity."""

from __future__ import annotations

from typing import ClassVar

from app.activations.base import Equivalent, Properties
from app.activations.elementwise import Elementwise


class Linear(Elementwise):
    """The identity: x itself."""

    name: ClassVar = "linear"
    aliases: ClassVar = ("identity",)
    formula: ClassVar = "x"
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Identity"),
        Equivalent("keras", "activations.linear"),
        Equivalent("jax", "jax.nn.identity"),
        Equivalent("onnx", "Identity"),
        Equivalent("timm", "identity"),
        Equivalent("huggingface", "linear"),
    )
