import pytest

from ragtune.instructions.wordings import WORDINGS, asked


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_every_kind_has_a_trained_and_a_held_out_wording_in_every_phrasing(kind: str) -> None:
    family = next(wordings for name, wordings in WORDINGS.items() if name == kind)
    for phrasing in ("short", "concise", "sentence"):
        held_out = [one.held_out for one in family if one.phrasing == phrasing]
        assert held_out.count(True) == 1
        assert held_out.count(False) >= 1
    assert len({one.template for one in family}) == len(family)


def test_the_question_word_fits_the_attribute() -> None:
    assert [asked(a) for a in ("월 요금", "추천 대상", "신청 방법", "개통 시점")] == [
        "얼마",
        "누구",
        "무엇",
        "언제",
    ]


def test_particles_fit_the_words() -> None:
    wording = next(one for one in WORDINGS["value"] if "{a:은} {q}" in one.template)
    assert wording.question(s="빛길라이트", a="설치비") == "빛길라이트의 설치비는 얼마인가요?"
