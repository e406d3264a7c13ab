"""The `[aws.organisation]` table: what the organisation's management account deploys, once.

[aws.organisation]
targets = ["ou-ab12-cdefgh34"]
[aws.organisation.perimeter]
organisation = "o-ab12cd34ef"
networks = ["vpc-0123456789abcdef0"]     # of the deployments, once they stand
addresses = ["203.0.113.0/24"]           # offices, as AWS sees them
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network


def _require(name: str, values: tuple[str, ...], form: str, example: str) -> None:
    for value in values:
        if not re.fullmatch(form, value):
            raise ValueError(f"{name}: {value!r} is not of the form {example}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerimeterSettings:
    """Own identities reach own resources alone, from own networks alone. Without `networks` and `addresses`
    the last part is left out: nobody could reach anything."""

    organisation: str
    networks: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require("organisation", (self.organisation,), r"o-[0-9a-z]{10,32}", "o-ab12cd34ef")
        _require("networks", self.networks, r"vpc-[0-9a-f]{8,17}", "vpc-0123456789abcdef0")
        for address in self.addresses:
            try:
                wide = IPv4Network(address).prefixlen < 8
            except ValueError as error:
                raise ValueError(
                    f"addresses: {address!r} is no range like 203.0.113.0/24 ({error})"
                ) from None
            if wide:
                raise ValueError(f"addresses: {address} is half the internet; name your offices' ranges")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationSettings:
    """AI services may not keep content; with a `perimeter`, data stay among the organisation's own."""

    targets: tuple[str, ...]  # r-… the root, ou-… units, or accounts
    perimeter: PerimeterSettings | None = None

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("targets: empty; name the root (r-…), units (ou-…) or accounts")
        form = r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|\d{12}"
        _require("targets", self.targets, form, "r-ab12, ou-ab12-cdefgh34 or 123456789012")
