"""Roundings and errors of results, against exact values held as mpmath numbers.

Nothing here uses the arithmetics under test, nor numpy's conversions, nor mpmath's working precision: an
exact value is an integer times a power of two, and everything done to it is integer arithmetic.
"""

import math
from dataclasses import dataclass

from mpmath import mp, mpf


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: `precision` bits, exponents of the largest and smallest number."""

    name: str
    precision: int
    largest: int  # 2**largest is the largest power of two
    smallest: int  # 2**smallest is the smallest subnormal

    @property
    def tiny(self) -> float:
        """The smallest subnormal."""
        return math.ldexp(1.0, self.smallest)

    @property
    def normal(self) -> float:
        """The smallest normal number."""
        return math.ldexp(1.0, self.smallest + self.precision - 1)

    @property
    def huge(self) -> float:
        """The largest finite number."""
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.precision), self.largest)


FORMATS = {
    each.name: each
    for each in (
        Format("float64", 53, 1023, -1074),
        Format("float32", 24, 127, -149),
        Format("float16", 11, 15, -24),
        Format("bfloat16", 8, 127, -133),
    )
}
FLOAT64 = FORMATS["float64"]


def _signed(t: mpf | float) -> tuple[int, int]:
    """t = man * 2**exp, exactly."""
    sign, man, exp, _ = (mpf(t) if isinstance(t, float) else t)._mpf_
    return -int(man) if sign else int(man), int(exp)


def _magnitude(man: int, exp: int) -> int:
    return exp + abs(man).bit_length() - 1


def _last_place(magnitude: int, fmt: Format) -> int:
    """log2 of ulp(t) = 2**(floor(log2 |t|) - p + 1), at least the smallest subnormal."""
    return max(magnitude - fmt.precision + 1, fmt.smallest)


def ulp(t: mpf, fmt: Format) -> mpf:
    """2**(floor(log2 |t|) - p + 1), at least the smallest subnormal (also where t = 0)."""
    return mp.ldexp(1, fmt.smallest if t == 0 else _last_place(_magnitude(*_signed(t)), fmt))


def _in_last_places(t: mpf, fmt: Format, extra: int) -> tuple[int, int]:
    """|t| in ulps, with `extra` bits after the point, the last of them set if others follow; log2 of ulp."""
    man, exp = _signed(t)
    last = _last_place(_magnitude(man, exp), fmt)
    shift = exp - last + extra
    if shift >= 0:
        return abs(man) << shift, last
    dropped = abs(man) & ((1 << -shift) - 1)
    return abs(man) >> -shift | (dropped != 0), last


def rounded(t: mpf, fmt: Format) -> float:
    """The member of `fmt` nearest to t, ties to even; beyond the range an infinity. NaN stays NaN."""
    if not mp.isfinite(t) or t == 0:
        return float(t)
    sign = -1.0 if t < 0 else 1.0
    magnitude = _magnitude(*_signed(t))
    if magnitude > fmt.largest:
        return sign * math.inf
    if magnitude < fmt.smallest - 1:
        return sign * 0.0
    steps, last = _in_last_places(t, fmt, extra=2)  # two bits below the last place, the lower one sticky
    count, rest = steps >> 2, steps & 3
    count += rest > 2 or (rest == 2 and count % 2 == 1)
    if last + count.bit_length() - 1 > fmt.largest:
        return sign * math.inf
    return sign * math.ldexp(count, last)


def near_midpoint(t: mpf, fmt: Format, bits: int) -> bool:
    """Whether t lies within 2**-bits ulp of a number halfway between two members of `fmt`."""
    if not mp.isfinite(t) or t == 0:
        return False
    magnitude = _magnitude(*_signed(t))
    if magnitude > fmt.largest or magnitude < fmt.smallest - 2:
        return False
    steps, _ = _in_last_places(t, fmt, extra=bits + 1)
    return abs((steps & ((1 << (bits + 1)) - 1)) - (1 << bits)) <= 2


def error_in_ulp(y: float, t: mpf, fmt: Format) -> float:
    """Fractional ulps between the result y and the exact value t; infinite where only one of them is NaN.

    Beyond the range an infinite y is right; within it, it counts as the power of two that ends the range.
    """
    if mp.isnan(t) or math.isnan(y):
        return 0.0 if mp.isnan(t) and math.isnan(y) else math.inf
    end = (1, fmt.largest + 1)
    exact, got = _clamped(t, end), _clamped(y, end)
    magnitude = min(_magnitude(*exact), fmt.largest) if exact[0] else fmt.smallest
    if magnitude < fmt.smallest - 64:  # as good as 0, and its exponent may have thousands of bits
        exact = (0, fmt.smallest)
    lowest = min(exact[1], got[1])
    difference = abs((exact[0] << (exact[1] - lowest)) - (got[0] << (got[1] - lowest)))
    excess = max(0, difference.bit_length() - 64)
    return math.ldexp(difference >> excess, min(lowest + excess - _last_place(magnitude, fmt), 900))


def _clamped(t: mpf | float, end: tuple[int, int]) -> tuple[int, int]:
    if mp.isinf(t) or (t != 0 and _magnitude(*_signed(t)) >= end[1]):
        return (1 if t > 0 else -1, end[1])
    return _signed(t)


def same(y: float, expected: float) -> bool:
    """The same value: NaN equals NaN, and zeros are told apart by their sign."""
    if math.isnan(y) or math.isnan(expected):
        return math.isnan(y) and math.isnan(expected)
    return y == expected and math.copysign(1.0, y) == math.copysign(1.0, expected)


def following(x: float, fmt: Format) -> float:
    """The next larger member of the format."""
    if math.isnan(x) or x in (math.inf, fmt.huge):
        return x if math.isnan(x) else math.inf
    if x == -math.inf:
        return -fmt.huge
    if x == 0:
        return fmt.tiny
    mantissa, exponent = math.frexp(x)  # 0.5 <= |mantissa| < 1
    narrower = mantissa == -0.5  # towards zero, the spacing below a power of two is half as wide
    return x + math.ldexp(1.0, max(exponent - fmt.precision - narrower, fmt.smallest))


def neighbours(x: float, fmt: Format, steps: int = 2) -> list[float]:
    """x rounded to the format and `steps` members of it on either side."""
    up = down = rounded(mpf(x), fmt)
    found = [up]
    for _ in range(steps):
        up, down = following(up, fmt), -following(-down, fmt)
        found += [up, down]
    return sorted(found)
