"""gelu in BentoML, as its documentation writes a service."""

import bentoml
import numpy as np
from numpy.typing import NDArray
from scipy.special import erf


@bentoml.service(workers=1)
class Gelu:
    """Lists in, lists out."""

    @bentoml.api(route="/activate/gelu")  # type: ignore[untyped-decorator]  # it has no types
    def gelu(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """x times the normal distribution's share below x."""
        return np.asarray(0.5 * x * (1 + erf(x / np.sqrt(2))))
