import pytest

from app.wire import multipart
from app.wire.errors import Malformed

TYPE = "multipart/form-data; boundary=----b"


def part(name: str, data: bytes, boundary: bytes = b"----b", end: bytes = b"\r\n") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="; name=b"\r\nContent-Type: x/y\r\n\r\n'
    return b"--" + boundary + b"\r\n" + head.encode() + data + end


def decode(body: bytes, content_type: str = TYPE) -> dict[str, bytes]:
    return {name: bytes(data) for name, data in multipart.decode(body, content_type).items()}


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"--", b"\r\n--", b"\r\n-----", b"\0\xff" * 99])
def test_the_parts_are_what_was_sent(data: bytes) -> None:
    body = part("x", data) + part("upstream", data[::-1]) + b"------b--\r\n"
    assert decode(body) == {"x": data, "upstream": data[::-1]}


def test_what_writers_differ_in() -> None:
    assert decode(b"------b--") == {}
    assert decode(b"preamble\r\n" + part("x", b"1") + b"------b--\r\nepilogue") == {"x": b"1"}
    assert decode(part("é", b"1", b"b c") + b"--b c--", 'multipart/form-data; Boundary="b c"') == {"é": b"1"}
    bare = (
        b"------b\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; name=x\r\n\r\n1\r\n------b--"
    )
    assert decode(bare) == {"x": b"1"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (part("x", b"1") + b"------b--", "multipart/form-data"),
        (part("x", b"1") + b"------b--", "multipart/form-data; boundary="),
        (part("x", b"1") + b"------b--", "multipart/form-data; boundary=other"),
        (b"", TYPE),
        (b"------b", TYPE),
        (b"------b\r\n\r\n1\r\n------b--", TYPE),
        (part("x", b"1"), TYPE),
        (part("x", b"1", end=b"") + b"------b--", TYPE),
        (part("x", b"1") * 2 + b"------b--", TYPE),
        (b"".join(part(str(i), b"") for i in range(17)) + b"------b--", TYPE),
        (b"------b\r\ncontent-disposition: form-data\r\n\r\n1\r\n------b--", TYPE),
        (b"------b\r\nx: " + b"1" * 5000 + b"\r\n\r\n1\r\n------b--", TYPE),
    ],
)
def test_what_is_no_form_is_malformed(body: bytes, content_type: str) -> None:
    with pytest.raises(Malformed):
        decode(body, content_type)
