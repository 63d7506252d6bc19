"""What somebody would write in a quarter of an hour: FastAPI with pydantic models, NumPy and SciPy."""

import os

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from scipy.special import erf

app = FastAPI()


class Tensor(BaseModel):
    """A matrix to compute."""

    x: list[list[float]]


class Result(BaseModel):
    """A matrix computed."""

    y: list[list[float]]


@app.post("/activate/gelu")
async def gelu(tensor: Tensor) -> Result:
    """x times the normal distribution's share below x."""
    x = np.array(tensor.x)
    y = 0.5 * x * (1 + erf(x / np.sqrt(2)))
    return Result(y=y.tolist())


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False)
