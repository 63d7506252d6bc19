"""The answers, as models for the OpenAPI document; nothing is validated with them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.bodies import ActivateBody, DerivativeBody, Dtype, Number, Numbers


class ActivateAnswer(BaseModel):
    """The value of a function."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "leaky_relu",
                "dtype": "float32",
                "shape": [2, 2],
                "y": [[-0.2, 0.0], [0.5, 2.0]],
            }
        }
    )

    name: Annotated[str, Field(description="The canonical name of the function.")]
    dtype: Dtype
    shape: list[int]
    y: Numbers
    seed: Annotated[
        int | None, Field(description="The seed that was drawn, for a random function that got none.")
    ] = None


class DerivativeAnswer(BaseModel):
    """The derivative of a function."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "gelu",
                "dtype": "float64",
                "wrt": "x",
                "order": 1,
                "kind": "elementwise",
                "shape": [3],
                "derivative": [-0.0833154705876863, 0.5, 1.085231801078197],
            }
        }
    )

    name: Annotated[str, Field(description="The canonical name of the function.")]
    dtype: Dtype
    wrt: str
    order: int
    kind: Annotated[
        Literal["elementwise", "jacobian", "vjp"],
        Field(
            description="elementwise: of the shape of `x`; jacobian: (batch..., n_out, n_in), the mixed axis"
            " last; vjp: of the shape of `x` or of the hyperparameter."
        ),
    ]
    shape: list[int]
    derivative: Numbers
    seed: Annotated[
        int | None, Field(description="The seed that was drawn, for a random function that got none.")
    ] = None


class Hyperparameter(BaseModel):
    """What a function can be adjusted by."""

    name: str
    type: str | list[str]
    default: Any
    range: str | None
    meaning: str | None
    learnable: bool
    differentiable: bool
    formula: Annotated[str | None, Field(description="The derivative of y with respect to it, in LaTeX.")]


class Kink(BaseModel):
    """A point where the derivative jumps, and the value it takes there."""

    at: Annotated[str, Field(description="The place as a formula in the hyperparameters.")]
    x: Annotated[Number, Field(description="The place for the default hyperparameters.")]
    derivative: Number


class Properties(BaseModel):
    """What holds for the default hyperparameters."""

    monotonic: str | None
    parity: str | None
    zero_centred: bool
    smoothness: str
    left_saturation: Literal["none", "soft", "hard"]
    right_saturation: Literal["none", "soft", "hard"]
    bounded: bool


class Accuracy(BaseModel):
    """The largest error in units in the last place; 0.5 is correct rounding."""

    value: float
    derivative: float


class Equivalent(BaseModel):
    """What a framework calls the function, and the hyperparameters that reproduce it."""

    framework: str
    name: str
    params: dict[str, Any]
    note: str


class Reference(BaseModel):
    """Where the function was published."""

    authors: str
    year: int
    title: str
    where: str


class CatalogEntry(BaseModel):
    """Everything there is to know about a function."""

    name: str
    aliases: list[str]
    family: str
    summary: str
    formula: Annotated[str, Field(description="LaTeX.")]
    derivative_formula: Annotated[str, Field(description="LaTeX.")]
    hyperparameters: list[Hyperparameter]
    kinks: list[Kink]
    domain: list[Number]
    range: list[Number]
    properties: Properties
    accuracy: Annotated[dict[Dtype, Accuracy], Field(description="By dtype.")]
    equivalents: list[Equivalent]
    reference: Reference | None
    params_schema: Annotated[dict[str, Any], Field(description="A JSON Schema for `params`.")]
    example: Annotated[dict[str, Any], Field(description="A body for both compute routes.")]


class Catalog(BaseModel):
    """The functions of the catalog, or those that the filters leave."""

    count: int
    functions: list[CatalogEntry]
    version: Annotated[str, Field(description="The version of the service.")]


class Health(BaseModel):
    """The process is well."""

    status: str


class FaultyField(BaseModel):
    """One thing that is wrong with a request, and where."""

    loc: list[str | int]
    msg: str


class Problem(BaseModel):
    """What went wrong, and what to change (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "x[1] is a boolean, not a number.",
                "errors": [{"loc": ["x", 1], "msg": "x[1] is a boolean, not a number."}],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultyField] = Field(default=[], description="The faulty fields, at most ten of them.")
    suggestions: list[str] = Field(default=[], description="Near names, where a function is unknown.")


DOCUMENTED_MODELS: tuple[type[BaseModel], ...] = (
    ActivateBody,
    DerivativeBody,
    ActivateAnswer,
    DerivativeAnswer,
    Catalog,
    Health,
    Problem,
)
