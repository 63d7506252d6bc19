"""The three readers of JSON messages, held against each other."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.wire import json
from app.wire.errors import InvalidMessage, Malformed, TooLarge
from app.wire.json import careful, long, quick

LIMIT = 40
OPTIONS: dict[str, Any] = {"tensors": ("x", "upstream"), "nullable": ("upstream",), "max_elements": LIMIT}

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t\r\n "])
SPELLINGS = (
    "0 -0 1 -1 0.0 -0.0 -0e0 -0E+5 1e5 1E-5 0.1e1 1e+2 5e-324 -5e-324 2.4703282292062328e-324 1e-400 -1e-400 "
    "2.2250738585072011e-308 1.7976931348623157e308 1.7976931348623159e308 1e999 -1e999 1e99999999999 0e999 "
    "9007199254740993 9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 "
    "123456789012345678901234567890 0.1000000000000000055511151231257827021181583404541015625 NaN Infinity "
    '-Infinity "NaN" "Infinity" "-Infinity"'
).split()
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(repr)
DECIMALS = FLOATS | st.integers(-(2**63), 2**64 - 1).map(str)
NUMBERS = DECIMALS | st.sampled_from(SPELLINGS) | st.integers(-(2**70), 2**70).map(str)
STAND_IN = long._STAND_IN  # noqa: SLF001
# Midpoints between doubles, and what differs from one in its last digit.
HARD = [
    *[
        "9007199254740993",
        "-9007199254740993.0000000000000000000000000001",
        "1e23",
        "-0",
        str(2**64),
        "5" * 40,
    ],
    *["0." + "0" * 400 + "1e400", "1" + "0" * 400 + "e-400", "2.4703282292062327208e-324", "8" * 300],
]
ODDITIES = [
    *r'''true null "1" "nan" {} {"a":1} 01 1. .5 +1 - nan -NaN [] [1] [[1]] [[],[]] "]" ",[" "\"N"'''.split(),
    *["", "\f1", "- 1", "1 2", "9" * 400, str(STAND_IN)],
]
OTHERS = [
    *r"""
    "params":{"alpha":0.1}  "params":{"alpha":-0}  "params":{"x":[1,2]}  "params":{"w":[[1,2],[3]]}
    "params":{"a":{"b":{}}}  "params":{"a":1,"a":-0}  "dtype":"float32"  "exact":true  "w":[[1],[2]]
    "n":0  "n":-0  "n":1e999  "n":NaN  "n":null  "NaN":2  "a[":"]"  "":[]  "note":"[[,],[,]]"
    "note":"\"x\":[1,2]"  "note":"\ud800"  "note":"\ud83d\ude00"  "upstream":null  "upstream":3
    "upstream":[[1,2],[3,4]]  "upstream":[[1,2],[3]]  "x":[3]  "x":null  "x"  "\u0078":[1]
    "x\u0000":[2]  "x\u0000":2
    """.split(),
    *["", f'"n":{STAND_IN}', f'"x":{STAND_IN}'],
]


@st.composite
def lists(draw: st.DrawFn) -> str:
    """The text of a regular tensor, or of one that differs from it in a few items."""
    shape = draw(st.lists(st.integers(0, 4), max_size=3) | st.just([1] * 32) | st.just([1] * 33))
    numbers = draw(st.sampled_from([DECIMALS, DECIMALS, NUMBERS]))
    oddities = draw(st.sampled_from([0, 0, 0, 1, 2]))

    def nested(depth: int) -> str:
        nonlocal oddities
        if oddities and draw(st.integers(0, 8)) == 0:
            oddities -= 1
            return draw(st.sampled_from(ODDITIES))
        if depth == len(shape):
            return draw(SPACES) + draw(numbers)
        items = ("," + draw(SPACES)).join(nested(depth + 1) for _ in range(shape[depth]))
        return f"[{items}{draw(SPACES)}]"

    return nested(0)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A message as somebody might send it, some spoilt by a missing, surplus or changed byte, or cut off."""
    members = [
        f'"x"{draw(SPACES)}:{draw(SPACES)}{draw(lists())}',
        *draw(st.lists(st.sampled_from(OTHERS), max_size=2)),
    ]
    body = bytearray(("{" + draw(SPACES) + ",".join(draw(st.permutations(members))) + "}").encode())
    place = draw(st.integers(0, len(body) - 1))
    match draw(st.integers(0, 15)):
        case 0:
            del body[place]
        case 1:
            body.insert(place, draw(st.sampled_from(b' ,[]{}":-0e.\\\xff')))
        case 2:
            body[place] = draw(st.sampled_from(b' ,[]{}":-0e.\\\xff'))
        case 3:
            del body[place:]
        case 4:
            body[:0] = b"\xef\xbb\xbf"
    return bytes(body)


def seen(message: dict[str, Any]) -> dict[str, Any]:
    """What there is to be seen in a message, every bit of it: NaNs are alike."""
    return {
        key: (value.dtype, value.shape, np.where(np.isnan(value), math.nan, value).tobytes())
        if isinstance(value, np.ndarray)
        else repr(value)
        for key, value in message.items()
    }


def outcome(body: bytes, decode: Any) -> Any:
    try:
        return seen(decode(body, **OPTIONS))
    except (Malformed, InvalidMessage, TooLarge) as error:
        return type(error), error.message, getattr(error, "loc", None)


@pytest.fixture(params=[1, 30, 200], ids=str, scope="module")
def _small_parts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Parts in bodies of a hundred bytes: of one number, of several, and of most bodies the whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long, "PART", request.param)
        yield


@given(bodies())
@example(b'\xef\xbb\xbf{"x":[1]}')
@example(b'{"x\\u0000":2,"x":[1]}')
@example(b'{"x":[[3,[4]],[5,6]]}')
@example(b'{"x":[1],"x":[2]}')
@example(b'{"x":[[1,2],[3]],"note":"\\u005b"}')
def test_the_quick_reader_agrees_with_the_careful_one_or_gives_up(body: bytes) -> None:
    message = quick.decode(body, **OPTIONS)
    if message is not None:
        assert seen(message) == outcome(body, careful.decode)
    assert outcome(body, json.decode) == outcome(body, careful.decode)


@pytest.mark.usefixtures("_small_parts")
@given(bodies())
@example(b'{"x":[1,]}')
@example(b'{"x":[,1]}')
@example(b'{"x":[[1,]2,[3,4]]}')
@example(b'{"x":[[1,2],[3,[4]]]}')
@example(b'{"x":[[[1,2]],[3,4]]}')
@example(b'{"x":[[],[]]}')
@example(b'{"x":[1,2]5}')
@example(b'{"x":-[1,2]}')
@example(b'{"x":[1,\f2]}')
@example(b'{"x":[1,\x002]}')
@example(b'{"x":[[1]],[2]]}')
@example(b'{"x":[[],1]}')
@example(b'{"x":[[1],[]]}')
@example(b'{"x":[1,[]]}')
@example(b'{"x":[[],]}')
@example(b'{"x":[1],[2]}')
@example(b'{"x":[1]]],[[[2]}')
@example(b'{"x":[[1],[2]],[[3],[4]]}')
@example(b'{"x":[[1,2],[3,4]}')
@example(b'{"x":' + b"[" * 256 + b"1" + b"]" * 256 + b"}")
@example(b'{"params":{"x":[1,2]},"x":%d}' % STAND_IN)
@example(b'{"params":{"x":[1,2]},"x":7.038531026843177e15}')
@example(b'{"x":[1,2],"n":%d}' % STAND_IN)
def test_the_reader_of_long_messages_agrees_with_the_careful_one_or_gives_up(body: bytes) -> None:
    message = long.decode(body, **OPTIONS)
    if message is not None:
        assert seen(message) == outcome(body, careful.decode)


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("gap", ["", " ", "\r\n\t"], ids=repr)
@pytest.mark.parametrize(
    "shape",
    [(0,), (3, 0), (2, 3, 0), (1,), (37,), (2, 3), (1, 1, 1), (4, 1, 7), (30, 1), (2, 3, 2, 2), (1,) * 6],
    ids=str,
)
def test_what_is_sent_every_day_needs_no_care(shape: tuple[int, ...], gap: str) -> None:
    tensor = np.random.default_rng(0).normal(size=shape).round(3)
    text = gap.join(str(tensor.tolist()).replace(" ", "").replace("[", "[ ").replace(",", " ,").split(" "))
    for others in '"dtype":"float32"', '"params":{"alpha":0.25}', '"upstream":[[1.5],[2]]', '"upstream":null':
        body = f'{{{others},"x":{gap}{text}}}'.encode()
        expected = outcome(body, careful.decode)
        assert expected["x"][1:] == (shape, tensor.tobytes())
        assert outcome(body, long.decode) == expected
        assert outcome(body, quick.decode) == expected


@pytest.mark.usefixtures("_small_parts")
@given(st.lists(st.sampled_from(["NaN", "-Infinity", '"NaN"', '"-Infinity"', *map(str, HARD)]), min_size=1))
def test_words_and_numbers_of_many_digits_need_no_care(numbers: list[str]) -> None:
    body = f'{{"x":[{",".join(numbers)}],"exact":true}}'.encode()
    message = long.decode(body, ("x",), (), 1000)
    assert message is not None
    assert seen(message) == seen(careful.decode(body, ("x",), (), 1000))


def test_a_long_message_is_read_by_the_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = np.random.default_rng(0).normal(size=(300, 200))
    body = json.encode({"x": tensor, "dtype": "float64"})
    monkeypatch.setattr(careful, "decode", lambda *_: pytest.fail("needed care"))
    monkeypatch.setattr(quick, "decode", lambda *_: pytest.fail("parsed at once"))
    assert np.array_equal(json.decode(body, max_elements=tensor.size)["x"], tensor)


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("reader", [quick, long])
def test_the_fast_readers_keep_to_the_limits(reader: Any) -> None:
    def limit(body: str, elements: int) -> None:
        with pytest.raises(TooLarge):
            careful.decode(body.encode(), ("x",), (), elements)
        assert reader.decode(body.encode(), ("x",), (), elements) is None

    limit('{"x":[1,2,3,4,5]}', 4)
    limit('{"x":[' + ",".join(["[" * 31 + "1" + "]" * 31] * 400) + "]}", 400)  # many lists
    limit('{"x":[1,2],"n":[' + "1," * 10_100 + "1]}", 2)
    assert reader.decode(b'{"x":[1,2,3,4,5]}', ("x",), (), 5) is not None
