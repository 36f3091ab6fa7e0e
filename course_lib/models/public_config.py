"""Read a model's config.json as published on the Hugging Face hub, and refuse what is not known."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

CONFIG_NAME = "config.json"

Meaning = TypeVar("Meaning")


@dataclass(frozen=True)
class PublicConfig:
    """Settings under their public names, each checked when it is asked for.

    Attributes:
        settings: The JSON object.
        origin: Where it stands, for messages.
    """

    settings: Mapping[str, Any]
    origin: str = CONFIG_NAME

    def says(self, name: str) -> bool:
        """Whether a setting is there and not null."""
        return self.settings.get(name) is not None

    def size(self, name: str, default: int | None = None) -> int:
        """Give a setting that is a whole number above 0.

        Args:
            name: Its public name.
            default: What is meant where it is left out or null. None: it may not be left out.

        Raises:
            ValueError: It is something else, or left out.
        """
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{self.origin}: {name} must be a whole number above 0, got {value!r}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Give a setting that is a number; see `size` for `default`.

        Raises:
            ValueError: It is something else, or left out.
        """
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{self.origin}: {name} must be a number, got {value!r}")
        return float(value)

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Give a setting that is true or false; see `size` for `default`.

        Raises:
            ValueError: It is something else, or left out.
        """
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise ValueError(f"{self.origin}: {name} must be true or false, got {value!r}")
        return value

    def one_of(
        self, name: str, supported: Mapping[Any, Meaning], default: str | None = None
    ) -> Meaning:
        """Give what a setting means that has a few supported values; see `size` for `default`.

        Args:
            name: Its public name.
            supported: What each value means.
            default: What is meant where it is left out or null.

        Raises:
            ValueError: It has another value, or is left out.
        """
        value = self._value(name, default)
        if isinstance(value, dict | list) or value not in supported:
            raise ValueError(self._refusal(name, value, supported))
        return supported[value]

    def must_be(self, name: str, *supported: object) -> None:
        """Refuse a setting that asks for what is not built here; left out or null is taken as well.

        Raises:
            ValueError: It has another value.
        """
        if self.says(name) and self.settings[name] not in supported:
            raise ValueError(self._refusal(name, self.settings[name], supported))

    def part(self, name: str) -> "PublicConfig":
        """Give the settings of a part, such as "text_config"; none if it is left out or null.

        Raises:
            ValueError: It is no object.
        """
        value = self.settings.get(name) or {}
        if not isinstance(value, dict):
            raise ValueError(f"{self.origin}: {name} must be an object, got {value!r}")
        return PublicConfig(value, f"{self.origin}, {name}")

    def _value(self, name: str, default: object) -> object:
        value = self.settings[name] if self.says(name) else default
        if value is None:
            raise ValueError(f"{self.origin} does not say {name}")
        return value

    def _refusal(self, name: str, value: object, supported: Collection[object]) -> str:
        known = ", ".join(repr(item) for item in supported)
        return f"{self.origin}: {name}={value!r} is not supported, only {known}"


def read_config(folder: Path, *model_types: str) -> PublicConfig:
    """Read config.json of a published model.

    Args:
        folder: Where it lies.
        model_types: Values of its setting "model_type" that the caller can build.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no JSON object, or one of another type of model.
    """
    path = folder / CONFIG_NAME
    if not path.is_file():
        raise FileNotFoundError(f"there is no {CONFIG_NAME} in {folder}")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{CONFIG_NAME} is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{CONFIG_NAME} holds no object but a {type(settings).__name__}")
    config = PublicConfig(settings)
    config.one_of("model_type", dict.fromkeys(model_types))
    return config
