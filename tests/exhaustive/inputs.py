"""The inputs of the exhaustive run: all of a format, or strata of it and where functions are hard."""

import math
import zlib
from collections.abc import Callable, Iterable
from functools import cache, partial

import numpy as np
from grids import TAILS, ZERO_CROSSINGS, sign_changes
from measure import ends, kinks
from numpy.typing import NDArray
from ulp import FLOAT64, FORMATS, Format

from app.activations.elementwise import Elementwise
from tests.exhaustive.truth import Exactly

Floats = NDArray[np.float64]
FLOAT32 = FORMATS["float32"]

PER_STRATUM = 208
"""Of each of float32's 510 pairs of a sign and an exponent: 106,080 points."""
BESIDE = 64
"""Members of the format on either side of a place where a function is hard."""
CANDIDATES, NEAREST = 1 << 17, 256
"""Of so many inputs, those whose results lie nearest to a rounding boundary."""
PIECE = 8192
"""Inputs verified in one go."""


def members(fmt: Format) -> Floats:
    """All 65,536 of float16 or bfloat16, NaN and the infinities included."""
    codes = np.arange(1 << 16, dtype=np.uint16)
    if fmt.name == "float16":
        return codes.view(np.float16).astype(np.float64)
    with np.errstate(invalid="ignore"):  # signalling NaN
        return (codes.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def strata() -> Floats:
    """float32: as many from every binade, subnormals included, with random mantissas and either sign."""
    drawn = np.random.default_rng(32)
    tops = np.delete(np.arange(512, dtype=np.uint32), [255, 511])  # those of infinities and NaN
    mantissas = drawn.integers(0, 1 << 23, (PER_STRATUM, tops.size), dtype=np.uint32)
    return ((tops << 23) | mantissas).view(np.float32).astype(np.float64).ravel()


def hard_doubles() -> Floats:
    """float64: every fourth binade, bits at random, what networks feed, the tails of exponentials."""
    drawn = np.random.default_rng(64)
    powers = [math.ldexp(lead, k) for k in range(-1074, 1024, 4) for lead in (1, -1, 1.37, -1.37)]
    bits = drawn.integers(0, 1 << 64, 6000, dtype=np.uint64).view(np.float64)
    stretches = [(-760, -700), (-380, -360), (-110, -80), (-42, -35), (-20, 20), (18, 45), (700, 760)]
    small = drawn.choice([-1, 1], 3000) * 10.0 ** drawn.uniform(-20, 0, 3000)
    parts = [
        *(powers, bits[np.isfinite(bits)], 3 * drawn.standard_normal(6000), small, TAILS),
        *(drawn.uniform(low, high, 800) for low, high in stretches),
        *(0.5 + small[:500] / 2, 1 - np.abs(small[:500])),
    ]
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def neighbourhood(x: float, fmt: Format) -> Floats:
    """The members of float32 or float64 around x, and points closing in on it."""
    closing = x + np.sign(np.arange(-40, 40) + 0.5) * np.geomspace(1e-17, 1e-2, 80)
    if fmt is FLOAT64:
        around = (np.array(x).view(np.int64) + np.arange(-BESIDE, BESIDE + 1)).view(np.float64)
        return np.concatenate([around, x + np.linspace(-1e-15, 1e-15, 41), closing])
    nearest = np.array(x).astype(np.float32)
    around = (nearest.view(np.int32) + np.arange(-BESIDE, BESIDE + 1, dtype=np.int32)).view(np.float32)
    return np.concatenate([around, closing.astype(np.float32)]).astype(np.float64)


def special(f: Elementwise, fmt: Format) -> Floats:
    """Around kinks, ends of the domain and zero crossings of value and slope; near rounding boundaries."""
    places = {0.5, 20.0, *kinks(f), *ends(f), *ZERO_CROSSINGS}
    for order in (0, 1):
        places |= {*sign_changes(partial(_exactly, f, order))[:200:2]}
    parts = [neighbourhood(x, fmt) for x in sorted(places) if x != 0]
    if fmt is FLOAT32:
        parts += [boundaries(lambda x: f(x)), boundaries(lambda x: f.derivative(x).values)]
    found = np.unique(np.concatenate(parts))
    return found[np.isfinite(found)]


def _exactly(f: Elementwise, order: int, x: float) -> float:
    truth = Exactly(f, [x])()[order]
    return float(truth.nearest[0])


def boundaries(results: Callable[[Floats], Floats]) -> Floats:
    """The float32 inputs, among many, whose results lie nearest to halfway between two of float32."""
    drawn = np.random.default_rng(48)
    x = np.exp2(drawn.uniform(-20, 7, CANDIDATES)) * drawn.choice([-1, 1], CANDIDATES)
    x = x.astype(np.float32).astype(np.float64)
    y = results(x)
    fraction = y.view(np.int64) & ((1 << 29) - 1)
    distance = np.abs(fraction - (1 << 28))
    usable = np.isfinite(y) & (fraction != 0) & (np.abs(y) > FLOAT32.normal) & (np.abs(y) < FLOAT32.huge)
    found: Floats = x[usable][np.argsort(distance[usable], kind="stable")[:NEAREST]]
    return found


@cache
def ordinary(fmt: Format) -> Floats:
    """The inputs that are the same for every function."""
    return hard_doubles() if fmt is FLOAT64 else strata() if fmt is FLOAT32 else members(fmt)


def parts(fmt: Format) -> Iterable[int]:
    """The numbers of the pieces that a format's inputs are taken in."""
    return range(-(-ordinary(fmt).size // PIECE) + (fmt in (FLOAT32, FLOAT64)))


def piece(f: Elementwise, fmt: Format, part: int) -> Floats:
    """One piece of the inputs; after the ordinary ones, those that are special for the function."""
    found = ordinary(fmt)[part * PIECE : (part + 1) * PIECE]
    return found if found.size else special(f, fmt)


def sample(f: Elementwise, fmt: Format, every: int) -> Floats:
    """One in so many of the ordinary inputs, others for every function."""
    return ordinary(fmt)[zlib.crc32(f.name.encode()) % every :: every]
