"""What requests and answers of the compute routes look like: validation here, documentation in OpenAPI."""

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

Number = TypeAliasType(
    "Number",
    Annotated[
        float | Literal["NaN", "Infinity", "-Infinity"],
        Field(description="A number; the values that JSON has no number for are strings."),
    ],
)
Numbers = TypeAliasType(
    "Numbers",
    "Annotated[Number | list[Numbers], Field(description='A number, or lists of one length at each depth.')]",
)


class _DecodedTensor:
    """Documents nested lists of numbers; validates the array that app.wire has already made of them."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(np.ndarray)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(TypeAdapter(Numbers).core_schema)


Tensor: TypeAlias = Annotated[NDArray[np.float64], _DecodedTensor]
Dtype: TypeAlias = Literal["float64", "float32", "float16", "bfloat16"]


class _Body(BaseModel):
    """Where, with which hyperparameters and in which dtype."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    x: Tensor
    params: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,  # a default of {} would be copied deeply for every request
            description="Hyperparameters by name, as `params_schema` in /catalog/{name} describes them.",
            json_schema_extra={"default": {}},
        ),
    ]
    dtype: Annotated[
        Dtype, Field(description="`x` is rounded to it first, and the exact result is rounded to it.")
    ] = "float64"


class ActivateBody(_Body):
    """Where to evaluate a function, and how."""

    exact: Annotated[
        bool, Field(description="Round float64 results correctly too; the narrower dtypes always are.")
    ] = False


class DerivativeBody(ActivateBody):
    """Where to differentiate a function, by what, and how."""

    wrt: Annotated[str, Field(description="`x`, or the name of a differentiable hyperparameter.")] = "x"
    order: Annotated[
        int, Field(ge=1, le=2, description="2: the second derivative of an elementwise function.")
    ] = 1
    upstream: Annotated[
        Tensor | None,
        Field(description="A tensor of the shape of y: answer the vector-Jacobian product with it."),
    ] = None


class CompareBody(_Body):
    """What somebody's own implementation returned, and for what."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"x": [-6.0, -5.0], "y": [0.0, -1.43e-06], "dtype": "float32"}}
    )

    y: Annotated[
        Tensor,
        Field(
            description="What is to be measured, in the shape of what `/activate` or `/derivative` gives for"
            " the same `x` and `params`: the derivative of a function that mixes elements is its Jacobian."
        ),
    ]
    of: Annotated[
        Literal["activate", "derivative"],
        Field(description="Whether `y` holds values, or derivatives with respect to `x`."),
    ] = "activate"
    dtype: Annotated[
        Dtype, Field(description="`x` and `y` are rounded to it first; errors are in ulps of it.")
    ] = "float64"
