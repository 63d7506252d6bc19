"""Train a small network on handwritten digits, with every activation a request to the service.

    make serve                                                      # in one terminal
    .venv/bin/python examples/train_digits.py --activation prelu    # in another

NumPy does what is linear, and the steps down the slope. The rest is asked of the service:

- forward, POST /activate/{name}: x goes, y = f(x) comes back;
- backward, POST /derivative/{name}: x and upstream = dL/dy go, dL/dx comes back, or dL/dalpha with wrt=alpha.

What the catalog calls learnable in a function is learned: prelu's alpha, swish's beta, maxout's w and b.
"""

import argparse
import json
import sys
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx2
import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from tqdm import tqdm

Array: TypeAlias = NDArray[np.float64]

PIXELS, CLASSES, HELD_OUT = 64, 10, 360
PIECES = 2  # a unit of maxout is the larger of two linear maps
MOMENTUM = 0.9


class TrainingError(Exception):
    """What keeps the training from going on, in one sentence."""


class Service:
    """A service at some address, over one connection that stays open."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx2.Client(base_url=url, timeout=60)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to one request."""
        try:
            response = self._client.request(method, path, content=json.dumps(body) if body else None)
            answer: dict[str, Any] = response.json()
        except (httpx2.TransportError, json.JSONDecodeError) as error:
            raise TrainingError(f"No service answers at {self.url}; `make serve` starts one.") from error
        if response.is_error:
            raise TrainingError(answer["detail"])
        return answer


class Layer:
    """Part of the network; `backward` leaves the gradients of its parameters for `step`."""

    def __init__(self, **parameters: Array) -> None:
        self.parameters, self.gradients = parameters, parameters
        self._velocities = {key: np.zeros_like(value) for key, value in parameters.items()}

    def forward(self, x: Array) -> Array:
        """The output for a batch, one input a row."""
        raise NotImplementedError

    def backward(self, upstream: Array) -> Array:
        """The gradient of the loss with respect to that input, from that with respect to the output."""
        raise NotImplementedError

    def step(self, rate: float) -> None:
        """Go down the slope, with momentum."""
        for key, gradient in self.gradients.items():
            self._velocities[key] = MOMENTUM * self._velocities[key] - rate * gradient
            self.parameters[key] = self.parameters[key] + self._velocities[key]


class Linear(Layer):
    """y = xw + b."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        w = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs))
        super().__init__(w=w, b=np.zeros(outputs))

    def forward(self, x: Array) -> Array:
        self._x = x
        return x @ self.parameters["w"] + self.parameters["b"]

    def backward(self, upstream: Array) -> Array:
        self.gradients = {"w": self._x.T @ upstream, "b": upstream.sum(axis=0)}
        return upstream @ self.parameters["w"].T


class Activation(Layer):
    """A function of the service, and those of its hyperparameters that are learned."""

    def __init__(self, service: Service, name: str, **learned: Array) -> None:
        super().__init__(**learned)
        self._service, self._name = service, name

    def forward(self, x: Array) -> Array:
        params = {key: value.tolist() for key, value in self.parameters.items()}
        self._body = {"x": x.tolist(), "params": params, "dtype": "float32"}
        return np.array(self._service.ask("POST", f"/activate/{self._name}", self._body)["y"], np.float64)

    def backward(self, upstream: Array) -> Array:
        def gradient(wrt: str) -> Array:
            body = {**self._body, "wrt": wrt, "upstream": upstream.tolist()}
            answer = self._service.ask("POST", f"/derivative/{self._name}", body)
            return np.array(answer["derivative"], np.float64)

        self.gradients = {key: gradient(key) for key in self.parameters}
        return gradient("x")


def hidden_layer(service: Service, name: str, units: int, rng: np.random.Generator) -> list[Layer]:
    """The function behind a linear layer; maxout brings its own linear maps."""
    function = service.ask("GET", f"/catalog/{quote(name, safe='')}")
    if function["name"] == "maxout":
        w = rng.normal(scale=np.sqrt(1 / PIXELS), size=(units, PIECES, PIXELS))
        return [Activation(service, "maxout", w=w, b=np.zeros((units, PIECES)))]
    learned = {
        # One value for each unit, where the function takes that.
        entry["name"]: np.full(units if "array" in entry["type"] else (), entry["default"], np.float64)
        for entry in function["hyperparameters"]
        if entry["learnable"] and entry["default"] is not None
    }
    return [Linear(PIXELS, units, rng), Activation(service, function["name"], **learned)]


def predict(network: list[Layer], x: Array) -> Array:
    """The output of the network for every row of x."""
    for layer in network:
        x = layer.forward(x)
    return x


def learn(network: list[Layer], x: Array, labels: NDArray[np.int64], rate: float) -> float:
    """Take one step down the slope of the mean cross-entropy, and give what that was before it."""
    p = predict(network, x)
    if not np.isfinite(p).all():
        raise TrainingError("The training diverged; try a smaller --rate.")
    onehot = np.eye(CLASSES)[labels]
    p = np.maximum(p, 1e-30)  # a probability may round to 0
    upstream = -onehot / p / len(x)
    for layer in reversed(network):
        upstream = layer.backward(upstream)
    for layer in network:
        layer.step(rate)
    return float(-(onehot * np.log(p)).sum() / len(x))


def train(options: argparse.Namespace) -> str:
    """Train as the options say, and tell how well that went, in one line."""
    service, rng = Service(options.url), np.random.default_rng(options.seed)
    network = hidden_layer(service, options.activation, options.hidden, rng)
    width = predict(network, np.ones((1, PIXELS))).shape[1]  # glu halves it, crelu doubles it
    network += [Linear(width, CLASSES, rng), Activation(service, "softmax")]
    images, labels = load_digits(return_X_y=True)
    images, order = images / 16, rng.permutation(len(images))
    test, training = order[:HELD_OUT], order[HELD_OUT:]
    steps = options.epochs * -(-len(training) // options.batch_size)
    with tqdm(total=steps, desc=options.activation, unit="step") as progress:
        for _ in range(options.epochs):
            for batch in np.array_split(rng.permutation(training), steps // options.epochs):
                rate = options.rate * (1 - progress.n / steps)  # smaller and smaller: less noise at the end
                loss = learn(network, images[batch], labels[batch], rate)
                progress.set_postfix(loss=f"{loss:.3f}", refresh=False)
                progress.update()
    accuracy = np.mean(predict(network, images[test]).argmax(axis=1) == labels[test])
    return f"{options.activation}: accuracy {accuracy:.1%} on {HELD_OUT} held-out digits"


def positive(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def main() -> None:
    """Read the command line; print one line of accuracy, or one sentence and leave with status 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--url", default="http://localhost:8000", help="where the service is (%(default)s)")
    add("--activation", default="relu", help="a function of its catalog (%(default)s)")
    add("--hidden", type=positive, default=32, help="units in the hidden layer (%(default)s)")
    add("--epochs", type=positive, default=12, help="times through the digits (%(default)s)")
    add("--batch-size", type=positive, default=32, help="digits in a step (%(default)s)")
    add("--rate", type=float, default=0.2, help="learning rate at the start (%(default)s)")
    add("--seed", type=positive, default=2, help="for the split and the weights (%(default)s)")
    try:
        print(train(parser.parse_args()))
    except TrainingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
