import httpx2
import pytest

from app.api.negotiation import best


@pytest.mark.parametrize(
    ("accept", "choice"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("APPLICATION/X-NPY", "application/x-npy"),
        ("application/json;q=0.5, application/x-npy", "application/x-npy"),
        ("application/json;q=0, */*", "application/x-npy"),
        ("*/*;q=0.1, application/x-npy;q=0", "application/json"),
        ("application/json; charset=utf-8; q=0.9", "application/json"),
        ("application/json;q=nan", "application/json"),
        (" , ", "application/json"),
        ("text/html", None),
        ("application/*;q=0", None),
        ("application/jsonp", None),
        ("*/*;q=0.000", None),
    ],
)
def test_the_best_format_an_accept_header_allows(accept: str, choice: str | None) -> None:
    assert best(accept, ("application/json", "application/x-npy")) == choice


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/x-www-form-urlencoded",
        "application/vnd.activations+json",
    ],
)
def test_bodies_read_as_json(client: httpx2.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = client.post("/activate/relu", content=b'{"x": 1}', headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "x" * 5000},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_other_bodies_are_refused(client: httpx2.Client, headers: dict[str, str]) -> None:
    answer = client.post("/activate/relu", content=b'{"x": 1}', headers=headers)
    assert answer.status_code == 415
    assert len(answer.content) < 4000


@pytest.mark.parametrize(
    "address", ["/activate/relu?x=1", "/derivative/relu?x=1", "/catalog", "/catalog/relu"]
)
@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("text/html, */*;q=0.1", 200), ("", 200)])
def test_answers_that_the_client_does_not_take(
    client: httpx2.Client, address: str, accept: str, status: int
) -> None:
    assert client.get(address, headers={"Accept": accept}).status_code == status


def test_a_post_whose_answer_the_client_does_not_take(client: httpx2.Client) -> None:
    answer = client.post("/activate/relu", json={"x": 1}, headers={"Accept": "application/x-npy"})
    assert answer.status_code == 406
