import httpx2
import pytest


@pytest.mark.parametrize(("path", "status"), [("/healthz", "ok"), ("/readyz", "ready")])
def test_the_process_says_it_is_well(client: httpx2.Client, path: str, status: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert answer.headers["cache-control"] == "no-store"
