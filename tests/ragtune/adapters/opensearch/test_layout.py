from ragtune.adapters.opensearch.layout import layout, layout_digest, recipe
from ragtune.adapters.opensearch.roles import OPERATOR, READER, WRITER, roles
from ragtune.adapters.opensearch.views import Cjk, Nori
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from tests.contracts.directions import Directions

MANIFEST = Manifest(parser="1", chunker="500")


def test_mappings_are_strict_and_say_what_made_them() -> None:
    made = layout(recipe([Nori(("올인원",)), Bigrams()], MANIFEST), nori=True)
    assert made["mappings"]["dynamic"] == "strict"
    meta = made["mappings"]["_meta"]["ragtune"]
    assert meta["manifest"]["analysis"].startswith("nori 1/")
    assert meta["nori"] is True
    assert made["settings"]["analysis"]["tokenizer"]["korean"]["user_dictionary_rules"] == ["올인원"]
    assert made["mappings"]["properties"]["text"]["fields"]["nori"]["analyzer"] == "korean"
    assert made["mappings"]["properties"]["bigram_head"]["analyzer"] == "whitespace"


def test_without_nori_its_view_is_made_of_bigrams() -> None:
    made = layout(recipe([Nori(), Cjk()], MANIFEST), nori=False)
    fields = made["mappings"]["properties"]["head"]["fields"]
    assert {name: field["analyzer"] for name, field in fields.items()} == {"nori": "cjk", "cjk": "cjk"}
    assert made["settings"]["analysis"] == {}


def test_vectors_name_an_engine_that_needs_no_native_library() -> None:
    made = layout(recipe([Bigrams()], MANIFEST, Directions(32)), nori=False)
    assert made["mappings"]["properties"]["dense"]["dimension"] == 32
    assert made["mappings"]["properties"]["dense"]["method"]["engine"] == "lucene"
    assert "dense" not in layout(recipe([Bigrams()], MANIFEST), nori=False)["mappings"]["properties"]


def test_another_recipe_is_another_layout() -> None:
    recipes = [recipe(views, MANIFEST) for views in ([Nori()], [Nori(("올인원",))], [Bigrams()])]
    assert len({layout_digest(layout(one, nori=True)) for one in recipes}) == 3


def test_roles_are_for_one_name_and_grow_from_reader_to_operator() -> None:
    made = roles("ragtune")
    allowed = {}
    for role, body in made.items():
        [index] = body["index_permissions"]
        assert index["index_patterns"] == ["ragtune", "ragtune-*"]
        allowed[role] = set(index["allowed_actions"])
    assert allowed[READER] < allowed[WRITER] < allowed[OPERATOR]
    assert not any(
        "write" in action or "admin" in action.replace("admin/get", "") for action in allowed[READER]
    )
