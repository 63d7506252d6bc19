from typing import Any

import httpx2
import pytest

from app import __version__
from app.activations import CATALOG, Activation, UnknownActivation, find


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


FAMILY = CATALOG["gelu"].family


@pytest.mark.parametrize(
    ("filters", "inside", "outside"),
    [
        ({"q": "leaky relu"}, "leaky_relu", "relu"),
        ({"q": "leakyrelu"}, "leaky_relu", "relu"),
        ({"q": "  relu   leaky "}, "leaky_relu", "relu"),
        ({"q": "hardmish"}, "hard_mish", "mish"),
        ({"q": "hard-mish"}, "hard_mish", "mish"),
        ({"q": "SiLU"}, "swish", "tanh"),
        ({"q": "nn.GELU"}, "gelu", "relu"),
        ({"q": "torch.nn.SiLU"}, "swish", "hard_swish"),
        ({"q": "torch.nn.functional.silu"}, "swish", "hard_swish"),
        ({"q": "tf.nn"}, "crelu", "hard_swish"),
        ({"q": "keras softsign"}, "softsign", "sign"),
        ({"q": "decays smoothly"}, "elu", "relu"),
        ({"q": "self gated quick"}, "quick_gelu", "gelu"),
        ({"q": ""}, "relu", ""),
        ({"q": "-"}, "relu", ""),
        ({"q": "("}, "", "relu"),
        ({"framework": "Torch"}, "gelu", "dice"),
        ({"framework": "torch.nn"}, "gelu", "dice"),
        ({"framework": "PyTorch", "q": "nn.hardsigmoid"}, "hard_sigmoid", "tanh"),
        ({"framework": "tf"}, "relu6", "dice"),
        ({"framework": "Hugging Face"}, "xielu", "dice"),
        ({"framework": ""}, "dice", ""),
        ({"family": ""}, "dice", ""),
        ({"family": FAMILY}, "gelu", "relu"),
        ({"family": FAMILY.upper().replace("-", "_")}, "gelu", "relu"),
        ({"family": FAMILY.replace("-", " ")}, "gelu", "relu"),
        ({"family": FAMILY, "framework": "onnx", "q": "swish"}, "swish", "mish"),
        ({"family": "glu", "framework": "onnx", "q": "gelu"}, "", "swiglu"),
    ],
)
def test_filters(client: httpx2.Client, filters: dict[str, str], inside: str, outside: str) -> None:
    found = names(client, **filters)
    assert inside in [*found, ""]
    assert outside not in found


ROWS = [(kind, row) for kind in CATALOG.values() for row in kind.equivalents]
FRAMEWORKS = sorted({row.framework for _, row in ROWS})
FAMILIES = sorted({kind.family for kind in CATALOG.values()})


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_leaves_its_functions(client: httpx2.Client, framework: str) -> None:
    expected = {kind.name for kind, row in ROWS if row.framework == framework}
    assert set(names(client, framework=framework)) == expected


def test_families_share_out_the_catalog(client: httpx2.Client) -> None:
    shared_out = [name for family in FAMILIES for name in names(client, family=family)]
    assert sorted(shared_out) == list(CATALOG)


def test_every_name_is_found(client: httpx2.Client) -> None:
    for name, kind in CATALOG.items():
        for known in (name, *kind.aliases, kind.summary, *(row.name for row in kind.equivalents)):
            assert name in names(client, q=known), known
            assert name in names(client, q=known.upper().replace("_", "-")), known


@pytest.mark.parametrize(("key", "known"), [("framework", FRAMEWORKS), ("family", FAMILIES)])
def test_an_unknown_choice_is_refused_with_those_there_are(
    client: httpx2.Client, key: str, known: list[str]
) -> None:
    answer = client.get("/catalog", params={key: "no such thing " * 10})
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(f"; there are {', '.join(known)}.")
    assert answer.json()["errors"][0]["loc"] == [key]


@pytest.mark.parametrize(
    ("name", "likeliest"),
    [
        ("nn.SiLU", "swish"),
        ("torch.nn.SiLU", "swish"),
        ("torch.nn.functional.silu", "swish"),
        ("tf.nn.leaky_relu", "leaky_relu"),
        ("tf.keras.layers.LeakyReLU", "leaky_relu"),
        ("jax.nn.soft_sign", "softsign"),
        ("F.gelu", "gelu"),
        ("F.selu_", "selu"),
        ("keras.activations.silu", "swish"),
        ("nn.Hardtanh", "hard_tanh"),
        ("nn.Softmax2d", "softmax"),
        ("nn.ReLU()", "relu"),
        ("nn.LeakyReLU(0.1)", "leaky_relu"),
        ("relu 6", "relu6"),
        ("gleu", "gelu"),
        ("sofmax", "softmax"),
        ("thanh", "tanh"),
        ("sigmiod", "sigmoid"),
    ],
)
def test_what_is_probably_meant_comes_first(client: httpx2.Client, name: str, likeliest: str) -> None:
    for path in ("/catalog", "/activate", "/derivative"):
        answer = client.get(f"{path}/{name}", params={"x": "1"})
        assert answer.status_code == 404
        assert answer.json()["suggestions"][0] == likeliest
        assert f"did you mean {likeliest}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("HardSwish", "hard_swish"),
        ("LogSoftmax", "log_softmax"),
        ("quick-gelu", "quick_gelu"),
        ("selu_", "selu"),
        ("tanhshrink", "tanh_shrink"),
    ],
)
def test_spellings_that_are_names(client: httpx2.Client, name: str, canonical: str) -> None:
    assert client.get(f"/catalog/{name}").json()["name"] == canonical


def meant(name: str) -> tuple[str | None, list[str]]:
    """The function with that name, or else those suggested."""
    try:
        return find(name).name, []
    except UnknownActivation as error:
        return None, error.suggestions


def last_part(name: str) -> str:
    return name.partition("(")[0].rpartition(".")[2].lower().replace("_", "")


@pytest.mark.parametrize("kind", [kind for kind in CATALOG.values() if kind.equivalents])
def test_every_name_in_a_framework_is_known_or_leads_to_its_functions(kind: type[Activation]) -> None:
    for row in kind.equivalents:
        sharing = {other.name for other, its in ROWS if last_part(its.name) == last_part(row.name)}
        path = row.name.partition("(")[0]
        last = path.rpartition(".")[2]
        for name in (row.name, path, last, f"{row.framework}.{path}", f"{path}_", f"{path}()"):
            known, suggestions = meant(name)
            assert known in sharing or kind.name in suggestions, name
            assert set(suggestions) <= sharing, name


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
