"""PyTorch behind FastAPI, with pydantic models."""

import os

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Tensor(BaseModel):
    """A matrix to compute."""

    x: list[list[float]]


class Result(BaseModel):
    """A matrix computed."""

    y: list[list[float]]


@app.post("/activate/gelu")
async def gelu(tensor: Tensor) -> Result:
    """PyTorch's gelu, in float64."""
    x = torch.tensor(tensor.x, dtype=torch.float64)
    return Result(y=torch.nn.functional.gelu(x).tolist())


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False)
