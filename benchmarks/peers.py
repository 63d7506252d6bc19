"""What PyTorch, JAX and SciPy call the catalog's functions, and what they make of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody gives it
from jax import nn as jnn
from jax import numpy as jnp
from numpy.typing import NDArray
from scipy import special

from app.activations import Activation

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)

SERVICE, TORCH, JAX, SCIPY = LIBRARIES = "This service", "PyTorch", "JAX", "SciPy"

Floats = NDArray[np.float64]
Function = Callable[[Any], Any]


class Peers(NamedTuple):
    """What the other libraries call a function; None where they do not have it."""

    torch: Function | None = None
    jax: Function | None = None
    scipy: Function | None = None


PEERS: Mapping[str, Peers] = {
    "sigmoid": Peers(torch.sigmoid, jnn.sigmoid, special.expit),
    "log_sigmoid": Peers(F.logsigmoid, jnn.log_sigmoid, special.log_expit),
    "logit": Peers(torch.logit, jax.scipy.special.logit, special.logit),
    "tanh": Peers(torch.tanh, jnp.tanh),
    "hard_tanh": Peers(F.hardtanh, jnn.hard_tanh),
    "tanh_shrink": Peers(F.tanhshrink),
    "softsign": Peers(F.softsign, jnn.soft_sign),
    "arctan": Peers(torch.atan, jnp.arctan),
    "asinh": Peers(torch.asinh, jnp.arcsinh),
    "erf": Peers(torch.erf, jax.scipy.special.erf, special.erf),
    "gaussian_cdf": Peers(torch.special.ndtr, jax.scipy.special.ndtr, special.ndtr),
    "exponential": Peers(torch.exp, jnp.exp),
    "softplus": Peers(F.softplus, jnn.softplus),
    "squareplus": Peers(None, jnn.squareplus),
    "swish": Peers(F.silu, jnn.silu),
    "hard_swish": Peers(F.hardswish, jnn.hard_swish),
    "gelu": Peers(F.gelu, partial(jnn.gelu, approximate=False)),
    "gelu_tanh": Peers(partial(F.gelu, approximate="tanh"), jnn.gelu),
    "mish": Peers(F.mish, jnn.mish),
    "elu": Peers(F.elu, jnn.elu),
    "selu": Peers(F.selu, jnn.selu),
    "celu": Peers(F.celu, jnn.celu),
    "leaky_relu": Peers(F.leaky_relu, jnn.leaky_relu),
    "cosine": Peers(torch.cos, jnp.cos),
    "softmax": Peers(partial(F.softmax, dim=-1), jnn.softmax, partial(special.softmax, axis=-1)),
    "log_softmax": Peers(
        partial(F.log_softmax, dim=-1), jnn.log_softmax, partial(special.log_softmax, axis=-1)
    ),
    "glu": Peers(partial(F.glu, dim=-1), jnn.glu),
}


def of_service(f: Activation, x: NDArray[Any], order: int) -> NDArray[Any]:
    """The results of this service, in the dtype of x."""
    dtype = str(x.dtype)
    return f.derivative(x, dtype=dtype).values if order else f(x, dtype)


def of_torch(f: Function, x: NDArray[Any], order: int) -> NDArray[Any]:
    """Autograd's derivatives; a Jacobian is one gradient for each output."""
    leaf = torch.tensor(x, requires_grad=bool(order))
    y = f(leaf)
    if not order:
        return np.asarray(y.numpy())
    if x.ndim == 1:
        return np.asarray(torch.autograd.grad(y.sum(), leaf)[0].numpy())
    rows = [torch.autograd.grad(y[:, i].sum(), leaf, retain_graph=True)[0] for i in range(y.shape[1])]
    return np.asarray(torch.stack(rows, dim=1).numpy())


def of_jax(f: Function, x: NDArray[Any], order: int) -> NDArray[Any]:
    """vmap(grad), or vmap(jacrev)."""
    if not order:
        return np.asarray(f(jnp.asarray(x)))
    return np.asarray(jax.vmap((jax.grad if x.ndim == 1 else jax.jacrev)(f))(jnp.asarray(x)))


def results(f: Activation, peers: Peers, x: NDArray[Any], order: int) -> dict[str, Floats]:
    """What each library that has the function makes of x; SciPy has no derivatives."""
    found = {SERVICE: of_service(f, x, order)}
    if peers.torch:
        found[TORCH] = of_torch(peers.torch, x, order)
    if peers.jax:
        found[JAX] = of_jax(peers.jax, x, order)
    if peers.scipy and not order:
        with np.errstate(all="ignore"):
            found[SCIPY] = np.asarray(peers.scipy(x))
    assert all(y.dtype == x.dtype for y in found.values())
    return {library: y.astype(np.float64) for library, y in found.items()}
