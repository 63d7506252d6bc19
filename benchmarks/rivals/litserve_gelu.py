"""gelu in LitServe, as its documentation writes a server."""

import os
from typing import Any

import litserve as ls
import numpy as np
from scipy.special import erf


class Gelu(ls.LitAPI):  # type: ignore[misc]  # it has no types
    """Lists in, lists out."""

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def predict(self, request: dict[str, Any]) -> dict[str, Any]:
        """x times the normal distribution's share below x."""
        x = np.array(request["x"])
        return {"y": (0.5 * x * (1 + erf(x / np.sqrt(2)))).tolist()}


if __name__ == "__main__":
    server = ls.LitServer(Gelu(api_path="/activate/gelu"), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False, log_level="error")
