"""The common base of every value: frozen, and strict about names it does not know."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer


class Value(BaseModel):
    """An immutable value. An unknown key is a mistake, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", defer_build=True)


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone; times here are UTC")
    return moment.astimezone(UTC)


def iso_utc(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, whole seconds where there is no fraction."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Utc = Annotated[
    datetime,
    AfterValidator(_to_utc),
    PlainSerializer(iso_utc, return_type=str, when_used="json"),
]
