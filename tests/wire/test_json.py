import json as python_json
import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from numpy.typing import NDArray

from app.wire import json
from app.wire.errors import InvalidMessage, InvalidTensor, Malformed, TooLarge

BITS = {
    np.dtype(np.float64): np.uint64,
    np.dtype(np.float32): np.uint32,
    np.dtype(np.float16): np.uint16,
    np.dtype(ml_dtypes.bfloat16): np.uint16,
}
LIMIT = 1000


def decode(text: str | bytes, **options: Any) -> dict[str, Any]:
    body = text.encode() if isinstance(text, str) else text
    return json.decode(body, max_elements=LIMIT, **options)


def strictly(body: bytes) -> Any:
    """Reads RFC 8259 JSON and no more."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    return python_json.loads(body.decode(), parse_constant=refuse)


def bits(array: NDArray[Any]) -> list[int]:
    """The bits of every element; NaN has many, of which any will do."""
    patterns = np.ascontiguousarray(array).view(BITS[array.dtype])
    with np.errstate(invalid="ignore"):  # signalling NaNs of bfloat16
        return list(np.where(np.isnan(array), 0, patterns).ravel().tolist())


@st.composite
def arrays(draw: st.DrawFn) -> NDArray[Any]:
    """Arrays of any of the dtypes, of any bits, in any layout."""
    dtype = draw(st.sampled_from(list(BITS)))
    shape = draw(nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    array: NDArray[Any] = draw(nps.arrays(BITS[dtype], shape)).view(dtype)
    return array.T if draw(st.booleans()) else array


@given(arrays())
def test_any_array_comes_back_bit_for_bit(array: NDArray[Any]) -> None:
    body = json.encode({"x": array})
    assert strictly(body)["x"] == json.decode(body, tensors=(), max_elements=LIMIT)["x"]
    back = json.decode(body, max_elements=LIMIT)["x"]
    assert back.shape == array.shape or array.size == 0
    assert bits(back.reshape(array.shape).astype(array.dtype)) == bits(array)


@given(arrays(), st.integers(1, 20))
def test_long_arrays_are_written_a_block_at_a_time_and_alike(array: NDArray[Any], block: int) -> None:
    if array.dtype == np.float32:  # the one below makes its whole block be written with more digits
        assume(not (np.abs(array) == np.uint32(0x15AE43FD).view(np.float32)).any())
    message = {"a": 1, "y": array, "é": "[]", "z": array}
    whole = json.encode(message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json.writing, "_BLOCK", block)
        pieces = [bytes(piece) for piece in json.encode_pieces(message)]
        assert b"".join(pieces) == json.encode(message) == whole
        assert len(pieces) > 2 * (array.size // block)


def test_the_pieces_of_an_empty_message_are_an_empty_object() -> None:
    assert b"".join(json.encode_pieces({})) == json.encode({}) == b"{}"


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_every_number_of_the_16_bit_formats_comes_back(dtype: type) -> None:
    array: NDArray[Any] = np.arange(2**16, dtype=np.uint16).view(dtype)
    assert bits(json.decode(json.encode({"x": array}), max_elements=2**16)["x"].astype(dtype)) == bits(array)


def test_the_one_float32_whose_shortest_decimal_is_rounded_twice_comes_back() -> None:
    array = np.array([0x15AE43FD, 0x95AE43FD], np.uint32).view(np.float32)
    assert float(np.float32(7.038531e-26)) != array[0], "the premise"
    assert bits(decode(json.encode({"x": array}))["x"].astype(np.float32)) == bits(array)


def test_float32_is_written_as_shortly_as_possible() -> None:
    assert json.encode({"y": np.array([0.1, -0.2, 1e-8], np.float32)}) == b'{"y":[0.1,-0.2,1e-8]}'


def test_integers_of_any_size_are_written_out() -> None:
    assert json.encode({"n": [2**64, -(2**70), 2**64 - 1, True]}) == (
        b'{"n":[18446744073709551616,-1180591620717411303424,18446744073709551615,true]}'
    )


def test_numbers_that_json_lacks_are_strings_at_any_depth_of_a_message() -> None:
    message = {"b": math.nan, "a": {"c": [math.inf, -math.inf, np.float32("nan")]}, "d": np.array(math.inf)}
    expected = b'{"b":"NaN","a":{"c":["Infinity","-Infinity","NaN"]},"d":"Infinity"}'
    assert json.encode(message) == expected


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (0, 3), (2, 0, 3), (1, 1), (1,) * 32])
def test_shapes_are_nested_as_numpy_nests_them(shape: tuple[int, ...]) -> None:
    array = np.zeros(shape)
    assert strictly(json.encode({"y": array}))["y"] == array.tolist()
    assert decode(json.encode({"x": array}))["x"].tolist() == array.tolist()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("NaN"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
NUMBERS = st.recursive(st.integers() | st.floats(allow_nan=False), lambda inner: st.lists(inner, max_size=4))


def outcome(body: bytes) -> tuple[Any, ...]:
    try:
        message = json.decode(body, max_elements=LIMIT)
    except (InvalidMessage, Malformed, TooLarge) as error:
        return type(error), error.message, getattr(error, "loc", None)
    x = message.pop("x", None)
    return message, None if x is None else (x.shape, bits(x))


@given(x=VALUES | NUMBERS, params=VALUES)
def test_the_fast_and_the_careful_parser_agree(x: Any, params: Any) -> None:
    body = python_json.dumps({"x": x, "params": params, "n": 0}).encode()
    # An integer -0 is what the fast parser can't keep: it sends the whole body to the careful one.
    careful = body[:-2] + b"-0}"
    fast, slow = outcome(body), outcome(careful)
    if isinstance(slow[0], dict):
        assert math.copysign(1, slow[0]["n"]) == -1
    assert fast == slow


@given(st.integers(min_value=-(2**1030), max_value=2**1030))
def test_integers_are_rounded_to_the_nearest_float64(integer: int) -> None:
    try:
        expected = float(integer)
    except OverflowError:
        with pytest.raises(InvalidTensor, match="beyond the float64 range"):
            decode(f'{{"x": {integer}}}')
    else:
        assert decode(f'{{"x": {integer}}}')["x"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[NaN, Infinity, -Infinity]", [math.nan, math.inf, -math.inf]),
        ('["NaN", "Infinity", "-Infinity", 1]', [math.nan, math.inf, -math.inf, 1.0]),
        ("[-0, -0.0, 0, -0e0]", [-0.0, -0.0, 0.0, -0.0]),
        ("[9007199254740993, 18446744073709551617]", [9007199254740992.0, 18446744073709551616.0]),
        ("[1e-400, 5e-324, 1E5, 0.1e1]", [0.0, 5e-324, 1e5, 1.0]),
        ("1", 1.0),
        ('"-Infinity"', -math.inf),
        ("[" * 32 + "1" + "]" * 32, np.ones((1,) * 32).tolist()),
    ],
)
def test_what_counts_as_numbers(text: str, expected: Any) -> None:
    assert repr(decode(f'{{"x": {text}}}')["x"].tolist()) == repr(expected)


@pytest.mark.parametrize(
    ("text", "loc"),
    [
        ("true", ()),
        ("null", ()),
        ("{}", ()),
        ('"abc"', ()),
        ('""', ()),
        ("[1, false]", (1,)),
        ("[[1, 2], [3, null]]", (1, 1)),
        ('[[1, 2], ["1", 3]]', (1, 0)),
        ('[["NaN", "nan"]]', (0, 1)),
        ("[1, {}]", (1,)),
        ("[[1, 2], [3]]", (1,)),
        ("[[[1], [2]], [[3], [4, 5]]]", (1, 1)),
        ("[[], [1]]", (1,)),
        ("[1, [2]]", (1,)),
        ("[[1], 2]", (1,)),
        ('[[1], "NaN"]', (1,)),
        ("[1, 1e999]", (1,)),
        ('["NaN", -1e999]', (1,)),
        ("[NaN, 1e999]", (1,)),
        ("[[1], [" + "9" * 400 + "]]", (1, 0)),
        ("[" + "9" * 10_000 + "]", (0,)),
        ("[" * 33 + "1" + "]" * 33, ()),
        ("[" * 900 + "1" + "]" * 900, ()),
    ],
)
def test_what_is_no_tensor_is_refused_at_its_place(text: str, loc: tuple[int, ...]) -> None:
    with pytest.raises(InvalidTensor) as caught:
        decode(f'{{"x": {text}}}')
    assert caught.value.loc == ("x", *loc)
    assert len(caught.value.message) < 200


def test_null_stands_for_an_absent_tensor_only_where_it_may() -> None:
    assert decode('{"u": null}', tensors=("u",), nullable=("u",)) == {"u": None}
    with pytest.raises(InvalidTensor):
        decode('{"u": null}', tensors=("u",))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"x": "\xff"}', "UTF-8"),
        ('{"x": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"x": 1', "line 1, column 8"),
        (b'{"x": [1,]}', "line 1, column 10"),
        (b"{'x': 1}", "line 1, column 2"),
        (b'{"x": 01}', "line 1"),
        (b'{"x": .5}', "line 1"),
        (b'{"x": +1}', "line 1"),
        (b'{"x": 0x10}', "line 1"),
        (b'{"x": nan}', "line 1"),
        (b'{"x": 1} {}', "Extra data"),
        (b'{"params": "\\ud800"}', "surrogate"),
        (b'{"params": {"\\udfff": 1}}', "surrogate"),
        (b'{"x": 1, "note": "\x01"}', "line 1"),
        (b'{"x": ' + b"[" * 10_000, "never closed"),
        (b'{"x": ' * 10_000, "never closed"),
        (b'{"x": "' + b'\\"' * 10_000 + b"[" * 2_000, "line 1"),
    ],
)
def test_what_is_no_json_is_malformed(body: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[1, 2]",
        b"1",
        b'"x"',
        b"null",
        b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"params": ' + b"[" * 50 + b"]" * 50 + b"}",
        b'{"params": ' + b'{"a": ' * 50 + b"1" + b"}" * 51,
        b'{"params": {"alpha": 1e999}}',
        b'{"params": [[-1e999]]}',
        b"{" + b",".join(b'"%d":0' % i for i in range(1001)) + b"}",
    ],
)
def test_json_that_no_request_can_be_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        decode(body)


@pytest.mark.parametrize("text", ["[" + "0," * LIMIT + "0]", "[" + "[0,0]," * (LIMIT // 2) + "[0,0]]"])
def test_more_elements_than_the_limit_are_too_large(text: str) -> None:
    with pytest.raises(TooLarge):
        decode(f'{{"x": {text}}}')


@pytest.mark.parametrize("item", ["0,", "[],", "{},", '"",'])
def test_bodies_of_too_many_values_are_refused_unparsed(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.careful, "_parse", lambda body: pytest.fail("parsed"))
    with pytest.raises(TooLarge):
        decode('{"x": [' + item * 20_000 + "0]}")


def test_a_repeated_key_counts_with_its_last_value() -> None:
    assert decode('{"x": 1, "x": 2}')["x"] == 2
    assert decode('{"x": -0, "x": 2}')["x"] == 2
