"""The report as one self-contained HTML page: no script, nothing fetched; light, dark and on paper.

shown, data = write(report, Path(".ragtune"))      # report.html, report.json
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from ragtune.evaluation.figures import bars, best_cells, boxes, durations, lines, share_cell, table
from ragtune.evaluation.matrix import OVERALL, Column, Graded
from ragtune.evaluation.report import Report, answered_lengths, as_json, length_alarm

_CATEGORY_NAMES = {
    OVERALL: "전체",
    "process": "프로세스",
    "feature": "기능·내용",
    "recommendation": "상품 추천",
    "condition": "조건 탐색",
    "comparison": "비교",
}
_PROBE_NAMES = {
    "closed_book": "문서 없이",
    "with_passage": "맞는 문단",
    "changed_passage": "바뀐 문단",
    "stale": "옛 값을 답함",
    "absent": "없으면 보류",
}
_MODEL_NAMES = {"base": "기본 모델", "plain": "문답만 학습", "retrieval_aware": "검색 인지 학습"}
_MAX_EXAMPLES = 12


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write `report.html` and `report.json` into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    shown, data = folder / "report.html", folder / "report.json"
    shown.write_text(page(report), encoding="utf-8")
    text = json.dumps(as_json(report), ensure_ascii=False, indent=1)
    data.write_text(text + "\n", encoding="utf-8")
    return shown, data


def page(report: Report) -> str:
    """The whole page."""
    css = files("ragtune.evaluation").joinpath("report.css").read_text(encoding="utf-8")
    columns = report.matrix
    body = "".join(
        (
            _head(report),
            _tiles(report, columns),
            _matrix(report, columns),
            _probes(report),
            _training(report),
            _lengths(report, columns),
            _abstention(report),
            _examples(report.answers, list(columns)),
            _origins(report),
        )
    )
    return (
        '<!doctype html><html lang="ko"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>ragtune 평가 보고서</title><style>{css}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _head(report: Report) -> str:
    questions = len({answer.question.id for answer in report.answers})
    when = f" · {escape(report.made_at)}" if report.made_at else ""
    return (
        "<header><h1>ragtune 평가 보고서</h1>"
        f"<p>질문 {questions}개를 네 가지 구성에 똑같이 묻고 규칙으로 채점했습니다{when}</p></header>"
    )


def _tiles(report: Report, columns: Mapping[str, Column]) -> str:
    tiles = []
    if columns:
        name, best = max(columns.items(), key=lambda item: item[1].points[OVERALL].share)
        tiles.append((best.points[OVERALL], f"가장 높은 득점률 · {name}"))
    for key, said in (("changed_passage", "문서가 바뀌면 따라 답함"), ("stale", "바뀐 뒤에도 옛 값을 답함")):
        probe = report.probes.get("retrieval_aware")
        if probe:
            tiles.append((getattr(probe, key), said))
    column = columns.get("PEFT+RAG")
    if column:
        tiles.append((column.korean, "한국어 답변 · PEFT+RAG"))
    shown = "".join(
        f'<div class="tile"><b>{interval.share:.0%}</b><span>{escape(said)}<br>'
        f"{interval.low:.0%}–{interval.high:.0%}, n = {interval.n}</span></div>"
        for interval, said in tiles
    )
    return f'<div class="tiles">{shown}</div>'


def _matrix(report: Report, columns: Mapping[str, Column]) -> str:
    groups = [name for name in _CATEGORY_NAMES if any(name in c.points for c in columns.values())]
    if not groups:
        return ""
    said = {name: {_CATEGORY_NAMES[g]: v for g, v in c.points.items()} for name, c in columns.items()}
    figure = bars([_CATEGORY_NAMES[group] for group in groups], said, label="구성과 범주별 득점률")
    rows = [
        [_CATEGORY_NAMES[group], *best_cells([c.points.get(group) for c in columns.values()])]
        for group in groups
    ]
    share = table(["", *columns], rows)
    kinds = (
        ("정답(정확성 2점)", "exact"), ("한국어 답변", "korean"), ("답한 질문", "answered"),
        ("없는 답 보류", "abstained"), ("유효한 인용", "valid_citations"), ("맞는 문서 인용", "right_page"),
    )  # fmt: skip
    measured = [[name, *(share_cell(getattr(c, key)) for c in columns.values())] for name, key in kinds]
    return _section(
        "네 가지 구성의 득점률",
        "질문마다 정확성 0–2점과 서술 형식 0–2점. 막대 위 선은 95 % 신뢰구간(부트스트랩). "
        + _unsayable(report),
        f'<div class="pair"><div>{figure}</div><div class="scroll">{share}</div></div>'
        f'<h3>그 밖의 지표</h3><div class="scroll">{table(["", *columns], measured)}</div>',
    )


def _unsayable(report: Report) -> str:
    count = sum(report.inexpressible.values())
    if not count:
        return ""
    by = ", ".join(f"{_CATEGORY_NAMES.get(name, name)} {n}" for name, n in report.inexpressible.items() if n)
    cannot = f"견본 모델은 값 하나만 말할 수 있어 {count}개 질문({by})에는 온전히 답할 수 없습니다. "
    return cannot + "이 질문도 빼지 않고 채점했습니다."


def _probes(report: Report) -> str:
    if not report.probes:
        return ""
    models = {_MODEL_NAMES.get(name, name): probe for name, probe in report.probes.items()}
    said = {
        model: {label: getattr(probe, key) for key, label in _PROBE_NAMES.items()}
        for model, probe in models.items()
    }
    figure = bars(list(_PROBE_NAMES.values()), said, label="문서를 바꾸었을 때의 답")
    rows = [
        [label, *(share_cell(shares[label]) for shares in said.values())] for label in _PROBE_NAMES.values()
    ]
    return _section(
        "문서가 바뀌면 답도 바뀌는가",
        "같은 질문에 맞는 문단, 값을 바꾼 문단, 답이 빠진 문단을 주었습니다. "
        "답 전체가 기대한 답과 같아야 맞습니다. ‘옛 값을 답함’만 낮을수록 좋습니다.",
        f'<div class="pair"><div>{figure}</div><div class="scroll">{table(["", *said], rows)}</div></div>',
    )


def _training(report: Report) -> str:
    loss = {run.name: run.loss for run in report.trainings if run.loss}
    score = {run.name: run.score for run in report.trainings if run.score}
    if not loss and not score:
        return ""
    figures = (
        ("손실", lines(loss, label="손실", x_label="단계")),
        ("검증 점수 (값을 맞힌 비율)", lines(score, label="검증 점수", x_label="단계", percent=True)),
    )
    shown = "".join(f"<div><h3>{name}</h3>{figure}</div>" for name, figure in figures if figure)
    rows = [
        [
            run.name,
            f"{run.loss[-1][1]:.3f}" if run.loss else "–",
            f"{run.score[-1][1]:.1%}" if run.score else "–",
        ]
        for run in report.trainings
    ]
    return _section(
        "학습",
        "손실이 낮다고 답이 좋은 것은 아니므로 두 곡선을 나란히 봅니다.",
        f'<div class="half">{shown}</div>{table(["", "마지막 손실", "마지막 검증 점수"], rows)}',
    )


def _lengths(report: Report, columns: Mapping[str, Column]) -> str:
    held = {"학습 데이터": report.training_lengths, **{name: c.lengths for name, c in columns.items()}}
    figure = boxes(held, label="답의 길이", unit="자")
    if not figure:
        return ""
    alarms = length_alarm(report.training_lengths, answered_lengths(report))
    if alarms:
        told = ", ".join(
            f"{escape(name)}의 중앙값은 학습 데이터의 {share:.0%}" for name, share in alarms.items()
        )
        note = f'<p class="alarm"><b>길이 경보</b> {told}</p>'
    else:
        note = (
            '<p class="calm">학습한 답과 실제 답의 길이가 비슷합니다.</p>' if report.training_lengths else ""
        )
    rows = [[name, str(len(values)), _middle(values)] for name, values in held.items() if values]
    return _section(
        "답의 길이",
        "상자는 가운데 절반, 굵은 선은 중앙값, 가는 선은 5–95 %.",
        f'{note}<div class="pair"><div>{figure}</div>{table(["", "개수", "중앙값(자)"], rows)}</div>',
    )


def _abstention(report: Report) -> str:
    if not report.abstention:
        return ""
    curves = {
        "거짓 답변": [(p.threshold, p.false_answers) for p in report.abstention],
        "거짓 보류": [(p.threshold, p.false_abstentions) for p in report.abstention],
    }
    figure = lines(curves, label="보류 곡선", x_label="임곗값", percent=True, mark=report.threshold)
    step = max(1, len(report.abstention) // 8)
    rows = [
        [f"{p.threshold:.2f}", f"{p.false_answers:.1%}", f"{p.false_abstentions:.1%}"]
        for p in report.abstention[::step]
    ]
    used = "" if report.threshold is None else f" 점선은 쓰는 임곗값 {report.threshold:.2f}."
    return _section(
        "모르면 모른다고 하는가",
        "질문마다 맞는 문서를 색인에서 빼고 물었습니다. "
        "빼도 답하면 거짓 답변, 있어도 답하지 않으면 거짓 보류입니다." + used,
        f'<div class="pair"><div>{figure}</div>{table(["임곗값", *curves], rows)}</div>',
    )


def _examples(answers: Sequence[Graded], names: list[str]) -> str:
    by_question: dict[str, dict[str, Graded]] = {}
    for answer in answers:
        by_question.setdefault(answer.question.id, {})[answer.variant] = answer
    if not by_question:
        return ""
    every = list(by_question.values())
    shown = every[:: max(1, -(-len(every) // _MAX_EXAMPLES))]  # spread over the set, not picked
    rows = "".join(_example(held, names) for held in shown)
    head = "".join(f"<th>{escape(name)}</th>" for name in ("질문과 모범 답", *names))
    return _section(
        "답변 보기",
        f"질문 {len(every)}개에서 일정한 간격으로 뽑은 {len(shown)}개입니다. 점수는 정확성+형식(4점 만점).",
        f'<div class="scroll"><table class="examples"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>",
        kind="long",
    )


def _example(held: Mapping[str, Graded], names: Iterable[str]) -> str:
    question = next(iter(held.values())).question
    cells = "".join(_answer(held[name]) if name in held else "<td>–</td>" for name in names)
    wanted = escape(question.answer or "(문서에 없는 질문)")
    return f"<tr><td><b>{escape(question.question)}</b><br><small>{wanted}</small></td>{cells}</tr>"


def _answer(answer: Graded) -> str:
    grade = answer.grade
    why = escape("; ".join(grade.reasons) or "2 + 2")
    badge = f'<span class="grade p{grade.points}" title="{why}">{grade.accuracy}+{grade.detail}</span>'
    return f'<td class="answer">{badge}\n{escape(answer.text) or "–"}</td>'


def _origins(report: Report) -> str:
    blocks = []
    if report.seconds:
        total = sum(report.seconds.values())
        figure = durations(report.seconds, label="단계별 시간")
        blocks.append(f"<div><h3>단계별 시간 (모두 {total:.0f}초)</h3>{figure}</div>")
    if report.instructions:
        rows = [[name, f"{count:,}"] for name, count in report.instructions.items()]
        blocks.append(f"<div><h3>지시 데이터</h3>{table(['', '개수'], rows)}</div>")
    if report.versions:
        rows = [[name, value] for name, value in report.versions.items()]
        body = "".join(
            f"<tr><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>" for name, value in rows
        )
        blocks.append(f'<div><h3>버전</h3><table class="wrap"><tbody>{body}</tbody></table></div>')
    return _section("무엇으로 만들었나", "", f'<div class="half">{"".join(blocks)}</div>') if blocks else ""


def _section(title: str, note: str, body: str, kind: str = "") -> str:
    told = f'<p class="note">{note}</p>' if note else ""
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{told}{body}</section>'


def _middle(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:,}"
