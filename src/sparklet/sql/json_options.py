"""The options of `from_json`, `to_json` and `schema_of_json`.

Follows Spark's `catalyst/json/JSONOptions.scala` and `catalyst/expressions/ExprUtils.scala` (3.5 and 4.2).
"""

from __future__ import annotations

from collections.abc import Iterable

from sparklet.java.zones import Zone, zone_of
from sparklet.profile import Profile
from sparklet.sql.functions import zone_for
from sparklet.sql.json_tokens import Rules
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import STRING, MapType

__all__ = ["FORMATS", "RULES", "Options"]

# The features of the reader, by the names of their options in lower case.
RULES = {
    "allowcomments": "comments",
    "allowunquotedfieldnames": "unquoted_names",
    "allowsinglequotes": "single_quotes",
    "allownumericleadingzeros": "leading_zeros",
    "allownonnumericnumbers": "non_numeric",
    "allowbackslashescapinganycharacter": "any_escape",
    "allowunquotedcontrolchars": "control_characters",
}
FORMATS = ("dateformat", "timestampformat", "timestampntzformat", "timezone")


class Options:
    """The options that a function is given, by their names in any case.

    Raises `Refused` for an option that is not in `known`, and for options that are no constant map.
    """

    def __init__(self, function: str, operand: Typed | None, known: Iterable[str]) -> None:
        self._function = function
        self._values: dict[str, str] = {}
        if operand is None:
            return
        if not operand.constant or operand.type != MapType(STRING, STRING):
            raise Refused(f"{function} with options that are no map of constant strings")
        names = frozenset(known)
        for name, value in operand.value.items():
            if name.lower() not in names:
                raise Refused(f"{function} with the option {name}")
            self._values[name.lower()] = "null" if value is None else value

    def text(self, name: str) -> str | None:
        """Return the value of an option, None for one that is not given."""
        return self._values.get(name)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return the value of an option that is true or false."""
        text = self._values.get(name)
        if text is None:
            return default
        if text.lower() not in ("true", "false"):
            raise Refused(f"{self._function} with the option {name} = {text!r}, which is not true or false")
        return text.lower() == "true"

    def rules(self) -> Rules:
        """Return what the reader accepts beyond JSON."""
        default = Rules()
        return Rules(
            **{field: self.flag(name, default=getattr(default, field)) for name, field in RULES.items()}
        )

    def zone(self, profile: Profile) -> Zone:
        """Return the zone of times without one; `NeedsZone` where it is the session's and unknown."""
        name = self._values.get("timezone")
        if name is None:
            return zone_for(profile)
        zone = zone_of(name)
        if zone is None:
            raise Refused(f"{self._function} with the time zone {name!r}, which this machine does not have")
        return zone
