import io
import pickle
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from numpy.lib import format as numpy_format
from numpy.typing import NDArray

from app.wire import npy
from app.wire.errors import InvalidTensor, Malformed, TooLarge

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
LIMIT = 1000
DTYPES = st.sampled_from(
    [order + code for code in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8".split() for order in "<>"]
)
SHAPES = nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)


def saved(array: NDArray[Any], version: Any = None) -> bytes:
    """The file as NumPy writes it."""
    file = io.BytesIO()
    numpy_format.write_array(file, array, version)
    return file.getvalue()


def file_of(
    header: str | bytes, data: bytes = b"", version: bytes = b"\1\0", length: int | None = None
) -> bytes:
    """A file with any header at all."""
    header = header.encode() if isinstance(header, str) else header
    width = 2 if version[:1] == b"\1" else 4
    size = (len(header) if length is None else length).to_bytes(width, "little")
    return b"\x93NUMPY" + version + size + header + data


def header_of(**fields: str) -> str:
    fields = {"descr": "'<f4'", "fortran_order": "False", "shape": "(2,)"} | fields
    return "{" + ", ".join(f"'{key}': {value}" for key, value in fields.items()) + ", }\n"


def decode(body: bytes, **options: Any) -> NDArray[Any]:
    return npy.decode(body, max_elements=LIMIT, **options)


def assert_same(found: NDArray[Any], expected: NDArray[Any]) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


@given(DTYPES.flatmap(lambda dtype: nps.arrays(dtype, SHAPES)), st.sampled_from("CF"), st.integers(1, 3))
def test_what_numpy_writes_is_read(array: NDArray[Any], order: Any, version: int) -> None:
    array = np.asarray(array, order=order)
    assert_same(decode(saved(array, (version, 0))), array)


@given(nps.arrays(np.uint16, SHAPES), st.sampled_from("<>"))
def test_bfloat16_as_ml_dtypes_saves_it_is_read_when_it_is_named(bits: NDArray[Any], order: str) -> None:
    array = bits.view(BFLOAT16)
    file = saved(array.astype(BFLOAT16.newbyteorder(order)))
    assert_same(decode(file, bfloat16=True), array)
    with pytest.raises(InvalidTensor, match=r"add \?dtype=bfloat16"):
        decode(file)


def test_naming_bfloat16_leaves_numbers_of_another_dtype_what_they_are() -> None:
    array = np.array([1.0, -2.5], np.float32)
    assert_same(decode(saved(array), bfloat16=True), array)


@given(
    st.sampled_from([np.float64, np.float32, np.float16, BFLOAT16]).flatmap(
        lambda dtype: nps.arrays(
            np.uint8, st.tuples(st.integers(0, 4), st.just(3 * np.dtype(dtype).itemsize))
        ).map(lambda array: array.view(dtype))
    ),
    st.booleans(),
)
def test_what_is_written_is_what_numpy_writes(array: NDArray[Any], transposed: bool) -> None:
    array = array.T if transposed else array
    assert npy.encode(array) == saved(np.ascontiguousarray(array), (1, 0))


def test_an_array_of_no_axes_is_written_as_one() -> None:
    assert npy.encode(np.array(1.5)) == saved(np.array(1.5), (1, 0))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        '{"shape":(2,),"descr":"<f4","fortran_order":False}',
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }",  # as Python 2 wrote it
        "  { 'descr' : '=f4',\n'fortran_order' : True , 'shape' : ( 2 , ) , }  \n\n",
    ],
)
def test_headers_of_other_writers(header: str) -> None:
    data = np.array([1.0, 2.0], np.float32)
    assert_same(decode(file_of(header, data.tobytes())), data)


def test_a_header_is_read_from_as_little_as_holds_it() -> None:
    file = saved(np.zeros((2, 3), ">f4"), (2, 0))
    for end in range(len(file)):
        header = npy.read_header(file[:end])
        assert (header is None) == (end < len(file) - 24)
    assert header is not None
    assert header.dtype == np.dtype(">f4")
    assert (header.shape, header.size, header.file_bytes) == ((2, 3), 6, len(file))


@given(st.integers(0, 151))
def test_a_file_that_is_cut_off_is_malformed(end: int) -> None:
    file = saved(np.arange(6, dtype=np.float32))
    assert len(file) == 152
    with pytest.raises(Malformed):
        decode(file[:end])


@pytest.mark.parametrize("surplus", [b"\0", b"\n", b"\0" * 4, saved(np.zeros(2))])
def test_bytes_behind_the_numbers_are_malformed(surplus: bytes) -> None:
    with pytest.raises(Malformed, match="promises 8 bytes of numbers, but "):
        decode(file_of(header_of(), b"\0" * 8 + surplus))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "is empty or ends within its header"),
        (b"[1, 2]", "not an .npy file"),
        (b"PK\3\4" + b"\0" * 100, "not an .npy file"),
        (b"\x93NUMPY", "ends within its header"),
        (file_of(header_of(), b"\0" * 8, b"\0\0"), "version 0.0"),
        (file_of(header_of(), b"\0" * 8, b"\1\1"), "version 1.1"),
        (file_of(header_of(), b"\0" * 8, b"\4\0"), "version 4.0"),
        (file_of(header_of(), b"\0" * 8, length=65535), "65,535 bytes"),
        (file_of(header_of(), b"\0" * 8, b"\2\0", 2**32 - 1), "4,294,967,295 bytes"),
        (file_of(header_of(), length=1000), "ends within its header"),
        (file_of(""), "just descr, fortran_order and shape"),
        (file_of("{}"), "just descr"),
        (file_of("[]"), "just descr"),
        (file_of("\0" * 118), "just descr"),
        (file_of(b"\xff" * 118), "just descr"),
        (file_of("(" * 9_000), "just descr"),
        (file_of("{" * 9_000), "just descr"),
        (file_of("-" * 9_000 + "1"), "just descr"),
        (file_of(header_of()[:-3]), "just descr"),
        (file_of(header_of() + "}"), "just descr"),
        (file_of("print(" + header_of() + ")"), "just descr"),
        (file_of(header_of(x="1")), "just descr"),
        (file_of(header_of(x="'1'")), "just descr"),
        (file_of(header_of()[:-3] + "'shape': (2,), }"), "just descr"),
        (file_of("{'descr': '<f4', 'shape': (2,)}"), "just descr"),
        (file_of(header_of(descr="__import__('os')")), "just descr"),
        (file_of(header_of(descr="('<f4')")), "descr is not a string"),
        (file_of(header_of(descr="True")), "descr is not a string"),
        (file_of(header_of(descr="[('a', '<f4'), ('b', '<i4', (2,))]")), "records"),
        (file_of(header_of(descr="'|O'")), "never read"),
        (file_of(header_of(fortran_order="'False'")), "fortran_order"),
        (file_of(header_of(fortran_order="(0,)")), "fortran_order"),
        (file_of(header_of(shape="'2'")), "shape is '2'"),
        (file_of(header_of(shape="(2)")), r"shape is \(2\)"),
        (file_of(header_of(shape="[2]")), r"shape is \[2\]"),
        (file_of(header_of(shape="(,)")), r"shape is \(,\)"),
        (file_of(header_of(shape="(-2,)")), r"shape is \(-2,\)"),
        (file_of(header_of(shape="(2.0,)")), r"shape is \(2.0,\)"),
        (file_of(header_of(shape="(1, -1)")), r"shape is \(1, -1\)"),
        (file_of(header_of(shape="(True,)")), r"shape is \(True,\)"),
        (file_of(header_of(shape=f"({'9' * 5000},)")), r"shape is \(999"),
        (file_of(header_of(shape=f"({'1, ' * 33})")), "33 axes"),
        (file_of(header_of(shape=f"({'1, ' * 3000})")), "3000 axes"),
        (file_of(header_of(shape="(9223372036854775807,)")), "beyond the memory"),
        (file_of(header_of(shape=f"({2**31}, {2**31}, 0)")), "beyond the memory"),
        (file_of(header_of(shape="(4611686018427387904, 4)")), "beyond the memory"),
        (file_of(header_of(shape="(1000000000000,)"), b"\0" * 8), "promises 4,000,000,000,000 bytes"),
        (file_of(header_of(shape="()"), b"\0" * 8), "promises 4 bytes"),
        (file_of(header_of(), b"\0" * 7), "promises 8 bytes of numbers, but 7"),
        (saved(np.array([None, {}])), "never read"),
        (saved(np.zeros(3, [("a", "<f4")])), "records"),
        (pickle.dumps(np.zeros(3)), "not an .npy file"),
    ],
)
def test_what_is_no_file_of_numbers_is_malformed(file: bytes, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence) as caught:
        decode(file)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False]),
        np.array([1j]),
        np.array(["1"]),
        np.array([b"1"]),
        np.array(["2026-01-01"], "M8[s]"),
        np.array([b"123"], "V3"),
        np.zeros(2, np.longdouble),
        np.zeros(2, ml_dtypes.float8_e4m3fn),
    ],
)
def test_arrays_of_anything_but_real_numbers_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(InvalidTensor, match="upstream is of dtype") as caught:
        decode(saved(array), name="upstream", bfloat16=True)
    assert caught.value.loc == ("upstream",)


def test_more_elements_than_the_limit_are_too_large() -> None:
    assert decode(saved(np.zeros(LIMIT, np.int8))).size == LIMIT
    with pytest.raises(TooLarge, match="x has 1,001 elements"):
        decode(saved(np.zeros(LIMIT + 1, np.int8)))


@given(st.binary(max_size=200), st.sampled_from([b"\1\0", b"\2\0", b"\3\0"]))
def test_no_header_does_anything_but_raise_what_is_declared(header: bytes, version: bytes) -> None:
    with pytest.raises((Malformed, InvalidTensor)):
        decode(file_of(header, version=version))


@given(st.data())
def test_a_header_with_a_byte_changed_gives_the_same_number_of_bytes_or_an_error(data: st.DataObject) -> None:
    file = bytearray(saved(np.arange(6, dtype=np.float32).reshape(2, 3)))
    file[data.draw(st.integers(0, 127))] = data.draw(st.integers(0, 255))
    try:
        array = decode(bytes(file))
    except (Malformed, InvalidTensor):
        return
    assert array.nbytes == 24
