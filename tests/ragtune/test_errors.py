from ragtune import errors
from ragtune.errors import RagtuneError


def kinds() -> dict[str, int]:
    """Those of the tree; other rooms have kinds of their own, which end as any other error."""
    own = [kind for kind in RagtuneError.__subclasses__() if kind.__module__ == errors.__name__]
    return {kind.__name__: kind.exit_code for kind in own}


def test_every_kind_of_error_ends_with_a_code_of_its_own_but_the_two_that_set_something_aside() -> None:
    codes = kinds()
    aside = {codes.pop("UnreadablePage"), codes.pop("UnreadableAttachment")}
    assert aside == {3}
    assert len({*codes.values(), *aside, RagtuneError.exit_code}) == len(codes) + 2


def test_the_tree_that_people_read_names_every_error_with_its_code() -> None:
    told = dict(
        line.lstrip("├└─│ ").split(" exit ")
        for line in (errors.__doc__ or "").splitlines()
        if " exit " in line
    )
    shown = {name.strip(): int(code.split()[0]) for name, code in told.items()}
    assert shown == kinds() | {"RagtuneError": 1}
