"""The answers, as models for the OpenAPI document; nothing is validated with them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.api.bodies import ActivateBody, CompareBody, DerivativeBody, Dtype, Number, Numbers


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


COMPARED: JsonDict = {
    "name": "gelu",
    "of": "activate",
    "dtype": "float32",
    "count": 2,
    "max_ulp": 13329587.251680337,
    "mean_ulp": 6679121.8538689995,
    "p99_ulp": 13329587.251680337,
    "max_abs": 5.9195258702261885e-09,
    "max_rel": 1.0,
    "exact": 0,
    "mismatched_nonfinite": 0,
    "histogram": [
        {"above": 16384.0, "to": 32768.0, "count": 1},
        {"above": 8388608.0, "to": 16777216.0, "count": 1},
    ],
    "worst": [
        {"index": [0], "x": -6.0, "y": 0.0, "expected": -5.9195258e-09, "ulp": 13329587.251680337},
        {"index": [1], "x": -5.0, "y": -1.43e-06, "expected": -1.4332578e-06, "ulp": 28656.456057662144},
    ],
}


class Bin(BaseModel):
    """How many errors are above one number of ulps and not above another."""

    above: Annotated[float, Field(description="The first bin, from 0, holds errors of 0 as well.")]
    to: Number
    count: int


class Deviation(BaseModel):
    """A result that is not the exact value."""

    index: list[int]
    x: Annotated[
        Number | None,
        Field(description="What `x` holds at the index; null where `y` has another shape than `x`."),
    ]
    y: Number
    expected: Annotated[Number, Field(description="The exact value rounded to `dtype`.")]
    ulp: Number


class CompareAnswer(BaseModel):
    """How far results are from the exact ones.

    Errors are in ulps, and fractions of them, of the exact value t before it is rounded. For a dtype of p
    bits that is 2^(floor(log2|t|) - p + 1), and at least the smallest subnormal. They are right to 1e-6 of
    an ulp, for float64 to 1e-3. A t closer to a power of two than 2^-500 of it may count as that power. What
    is larger than every float64 is `Infinity`. The statistics leave out mismatched results; without any
    others they are 0.
    """

    model_config = ConfigDict(json_schema_extra={"example": COMPARED})

    name: Annotated[str, Field(description="The canonical name of the function.")]
    of: Literal["activate", "derivative"]
    dtype: Dtype
    count: Annotated[int, Field(description="All results.")]
    max_ulp: Number
    mean_ulp: Number
    p99_ulp: Annotated[Number, Field(description="The smallest error that 99 % of them do not exceed.")]
    max_abs: Number
    max_rel: Annotated[Number, Field(description="`Infinity` where t is 0 and the result is not.")]
    exact: Annotated[
        int,
        Field(
            description="How many equal t rounded to `dtype`. Zeros of both signs are equal, NaN is NaN,"
            " and a t beyond the range of the dtype is an infinity."
        ),
    ]
    mismatched_nonfinite: Annotated[
        int,
        Field(description="Where the result, or t rounded to `dtype`, is not finite and the other differs."),
    ]
    histogram: Annotated[
        list[Bin], Field(description="Errors by powers of two, from 2^-10 ulp on; empty bins are left out.")
    ]
    worst: Annotated[
        list[Deviation],
        Field(description="Up to ten errors, the largest first; of equal ones, the first in `y`."),
    ]


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
    CompareBody,
    ActivateAnswer,
    DerivativeAnswer,
    CompareAnswer,
    Catalog,
    Health,
    Problem,
)
