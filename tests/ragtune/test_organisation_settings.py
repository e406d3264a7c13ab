"""The perimeter's table: ids, networks and offices are checked where they are written."""

import pytest

from ragtune.organisation_settings import OrganisationSettings, PerimeterSettings


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"organisation": "ab12"}, "organisation: 'ab12' is not of the form o-ab12cd34ef"),
        ({"networks": ("subnet-1",)}, "networks: 'subnet-1' is not of the form vpc-"),
        ({"addresses": ("office",)}, "addresses: 'office' is no range like 203.0.113.0/24"),
        ({"addresses": ("0.0.0.0/0",)}, "addresses: 0.0.0.0/0 is half the internet"),
    ],
)
def test_what_is_wrong_is_quoted(wrong: dict[str, object], said: str) -> None:
    told: dict[str, object] = {"organisation": "o-ab12cd34ef"} | wrong
    with pytest.raises(ValueError) as error:  # noqa: PT011  the text is what is tested
        PerimeterSettings(**told)  # type: ignore[arg-type]
    assert str(error.value).startswith(said)


def test_policies_need_a_place() -> None:
    with pytest.raises(ValueError, match="targets: 'x' is not of the form r-ab12"):
        OrganisationSettings(targets=("x",))
