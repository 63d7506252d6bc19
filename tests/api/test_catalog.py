from typing import Any

import httpx2
import pytest

from app import __version__
from app.activations import CATALOG


def names(client: httpx2.Client, **filters: str) -> list[str]:
    answer = client.get("/catalog", params=filters)
    assert answer.status_code == 200, answer.text
    message = answer.json()
    assert message["count"] == len(message["functions"])
    assert message["version"] == __version__
    return [entry["name"] for entry in message["functions"]]


def test_the_catalog_holds_every_function_once_by_name(client: httpx2.Client) -> None:
    assert names(client) == list(CATALOG)


@pytest.mark.parametrize("name", CATALOG)
def test_each_entry_is_what_the_listing_has(client: httpx2.Client, name: str) -> None:
    entry = client.get(f"/catalog/{name}").json()
    assert entry in client.get("/catalog", params={"q": name}).json()["functions"]
    for alias in entry["aliases"]:
        assert client.get(f"/catalog/{alias}").json() == entry


@pytest.mark.parametrize(
    ("filters", "inside", "outside"),
    [
        ({"q": "leaky relu"}, "leaky_relu", "relu"),
        ({"q": "SiLU"}, "swish", "tanh"),
        ({"q": "nn.GELU"}, "gelu", "relu"),
        ({"q": ""}, "relu", ""),
        ({"framework": "Torch"}, "gelu", "dice"),
        ({"framework": "PyTorch", "q": "nn.hardsigmoid"}, "hard_sigmoid", "tanh"),
        ({"framework": "tf"}, "relu6", "dice"),
        ({"framework": "no such"}, "", "relu"),
        ({"family": CATALOG["gelu"].family}, "gelu", "relu"),
        ({"family": CATALOG["gelu"].family.upper().replace("-", "_")}, "gelu", "relu"),
        ({"family": CATALOG["gelu"].family, "framework": "onnx", "q": "swish"}, "swish", "mish"),
    ],
)
def test_filters(client: httpx2.Client, filters: dict[str, str], inside: str, outside: str) -> None:
    found = names(client, **filters)
    assert inside in [*found, ""]
    assert outside not in found


@pytest.mark.parametrize(
    ("address", "loc"),
    [("/catalog?famly=x", "famly"), ("/catalog?q=a&q=b", "q"), ("/catalog/relu?q=a", "q")],
)
def test_unknown_filters_are_refused(client: httpx2.Client, address: str, loc: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == [loc]


@pytest.mark.parametrize("address", ["/catalog", "/catalog?q=relu", "/catalog/relu", "/openapi.json"])
def test_an_answer_that_the_client_has_is_not_sent_again(client: httpx2.Client, address: str) -> None:
    first = client.get(address)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'"a,b",W/"c" , W/{tag}', "*"):
        answer = client.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["etag"] == tag
    for unknown in ('"other"', tag.strip('"'), "W/*", '"*"', ""):
        answer = client.get(address, headers={"If-None-Match": unknown})
        assert (answer.status_code, answer.content) == (200, first.content), unknown


def test_different_answers_have_different_tags(client: httpx2.Client) -> None:
    addresses: list[Any] = ["/catalog", "/catalog?q=relu", "/catalog/relu", "/catalog/gelu"]
    assert len({client.get(address).headers["etag"] for address in addresses}) == len(addresses)
