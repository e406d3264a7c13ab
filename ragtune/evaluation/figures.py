"""Figures as SVG, written by hand: they take the page's colours (light, dark, print) and need no library.

`bars` groups of shares with intervals · `lines` curves over a common x · `boxes` distributions by quartile ·
`durations` labelled lengths · `ranges` shares with intervals over a common x · `sheet` several as one file.
Every mark has a title for the pointer; text is text, so it can be searched.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from statistics import quantiles

from ragtune.evaluation.intervals import Interval

Curve = Sequence[tuple[float, float]]
WIDTH = 760  # of the view box; the page scales it
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 46, 34
_MAX_MARKS = 240  # of one curve: more can't be told apart


def bars(groups: Sequence[str], series: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """Groups of bars from 0 to 100 %, one bar for each of the series, with the 95 % interval as a whisker."""
    height, base = 330, 330 - _BOTTOM
    span = (WIDTH - _LEFT - _RIGHT) / max(1, len(groups))
    width = min(34.0, span * 0.8 / max(1, len(series)))
    parts = [_legend(list(series)), *_percent_grid(base)]
    for place, group in enumerate(groups):
        middle = _LEFT + span * (place + 0.5)
        parts.append(_text(middle, base + 20, group, "middle", "axis strong" if place == 0 else "axis"))
        for number, (name, shares) in enumerate(series.items()):
            interval = shares.get(group)
            x = middle + width * (number - len(series) / 2)
            if interval is not None and interval.n:
                parts.append(_bar(x, width, base, interval, number, f"{group} · {name}"))
    return _svg(height, parts, label)


def lines(
    series: Mapping[str, Curve], *, label: str, x_label: str, percent: bool = False, mark: float | None = None
) -> str:
    """Curves over a common x; `mark` draws a vertical line there. Axes fit the data, from 0 up."""
    height, base = 310, 310 - _BOTTOM - 12
    points = [point for curve in series.values() for point in curve]
    if not points:
        return ""
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    top = 1.0 if percent else max(y for _, y in points) * 1.08 or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - low) / ((high - low) or 1)
        return _LEFT + across * (WIDTH - _LEFT - _RIGHT), base - y / top * (base - _TOP)

    parts = [_legend(list(series), first=1), *(_percent_grid(base) if percent else _grid(base, top))]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = low + share * (high - low)
        parts.append(_text(at(x, 0)[0], base + 18, _short(x), "middle", "axis"))
    parts.append(_text(WIDTH / 2, height - 4, x_label, "middle", "axis"))
    if mark is not None and low <= mark <= high:
        x, _ = at(mark, 0)
        title = f"<title>{escape(x_label)} {_short(mark)}</title>"
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{base}">{title}</line>')
    for number, (name, curve) in enumerate(series.items()):
        parts.append(_curve([(*at(x, y), x, y) for x, y in _thinned(curve)], number + 1, name, percent))
    return _svg(height, parts, label)


def ranges(series: Mapping[str, Sequence[tuple[float, Interval]]], *, label: str, x_label: str) -> str:
    """Shares over a common x with their 95 % intervals; the axis begins at the tenth below the lowest one."""
    height, base = 330, 330 - _BOTTOM - 12
    points = [point for curve in series.values() for point in curve]
    if not points:
        return ""
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    floor = int(min(one.low for _, one in points) * 10) / 10

    def at(x: float, share: float) -> tuple[float, float]:
        across = (x - low) / ((high - low) or 1)
        up = (share - floor) / ((1 - floor) or 1)
        return _LEFT + 10 + across * (WIDTH - _LEFT - _RIGHT - 20), base - up * (base - _TOP)

    tenths = range(round(floor * 10), 11)
    steps = [((tenth / 10 - floor) / ((1 - floor) or 1), f"{tenth}0%") for tenth in tenths]
    parts = [_legend(list(series), first=1), *_rules(base, steps)]
    ticks = sorted({low + part * (high - low) for part in (0, 0.25, 0.5, 0.75, 1)})
    parts += [_text(at(x, floor)[0], base + 18, f"{x:.0f}", "middle", "axis") for x in ticks]
    parts.append(_text(WIDTH / 2, height - 4, x_label, "middle", "axis"))
    for number, (name, curve) in enumerate(series.items(), 1):
        spans = ((at(x, one.low), at(x, one.high)[1]) for x, one in curve)
        drawn = "".join(f"M{x:.1f} {bottom:.1f}V{top:.1f}" for (x, bottom), top in spans)
        parts.append(f'<path class="whisker s{number % 6}" style="stroke: var(--c)" d="{drawn}"/>')
        middles = [(*at(x, one.share), x, one.share) for x, one in curve]
        parts.append(_curve(middles, number, name, percent=True))
    return _svg(height, parts, label)


def sheet(figures: Sequence[str], css: str, *, label: str) -> str:
    """Figures below each other as one SVG file that stands alone, in the colours of `css`."""
    parts, y = [], 0.0
    for figure in figures:
        opening, _, inside = figure.removesuffix("</svg>").partition(">")
        height = float(opening.split('viewBox="')[1].split('"')[0].split()[3])
        parts.append(f'<g transform="translate(0 {y:.0f})">{inside}</g>')
        y += height + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" role="img" '
        f'aria-label="{escape(label)}" font-family="system-ui, sans-serif">'
        f"<style>{escape(css, quote=False)}</style>"
        f'<rect width="{WIDTH}" height="{y:.0f}" style="fill: var(--card)"/>{"".join(parts)}</svg>'
    )


def boxes(rows: Mapping[str, Sequence[int]], *, label: str, unit: str) -> str:
    """One distribution a row: 5–95 % as a line, the middle half as a box, the median as a stroke."""
    rows = {name: values for name, values in rows.items() if values}
    if not rows:
        return ""
    height, left = 34 * len(rows) + 46, 150
    top = max(_percentiles(values)[4] for values in rows.values()) * 1.05 or 1.0

    def at(value: float) -> float:
        return left + value / top * (WIDTH - left - 60)

    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = at(share * top)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{height - 34}"/>')
        parts.append(_text(x, height - 18, f"{share * top:.0f}{unit}", "middle", "axis"))
    for place, (name, values) in enumerate(rows.items()):
        y = 24 + 34 * place
        p5, p25, p50, p75, p95 = _percentiles(values)
        title = f"{name}: 중앙값 {p50:.0f}{unit}, 절반은 {p25:.0f}–{p75:.0f}{unit}, n = {len(values)}"
        parts.append(
            f'<g class="s{place % 6}"><title>{escape(title)}</title>'
            f'<line class="whisker" x1="{at(p5):.1f}" x2="{at(p95):.1f}" y1="{y}" y2="{y}"/>'
            f'<rect class="fill" x="{at(p25):.1f}" y="{y - 9}" height="18" rx="3" '
            f'width="{max(2.0, at(p75) - at(p25)):.1f}"/>'
            f'<line class="median" x1="{at(p50):.1f}" x2="{at(p50):.1f}" y1="{y - 11}" y2="{y + 11}"/></g>'
        )
        parts.append(_text(left - 10, y + 4, name, "end", "axis strong"))
        parts.append(_text(max(at(p95), at(p75)) + 6, y + 4, f"{p50:.0f}", "start", "value"))
    return _svg(height, parts, label)


def durations(seconds: Mapping[str, float], *, label: str) -> str:
    """How long each stage took, one bar a row."""
    if not seconds:
        return ""
    height, left = 32 * len(seconds) + 12, 230
    longest = max(seconds.values()) or 1.0
    parts = []
    for place, (name, value) in enumerate(seconds.items()):
        y = 8 + 32 * place
        width = max(1.5, value / longest * (WIDTH - left - 90))
        parts.append(_text(left - 10, y + 16, name, "end", "axis"))
        parts.append(
            f'<rect class="fill s1" x="{left}" y="{y + 2}" width="{width:.1f}" height="16" rx="3">'
            f"<title>{escape(name)}: {value:.1f} s</title></rect>"
        )
        parts.append(_text(left + width + 6, y + 16, f"{value:.1f} s", "start", "value"))
    return _svg(height, parts, label)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table; cells are text, but for those that `share_cell` and `best_cells` made."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


class Markup(str):
    """Text that is HTML already."""


def _cell(text: str) -> str:
    return text if isinstance(text, Markup) else escape(text)


def share_cell(interval: Interval | None) -> str:
    """`80% 68–90`, or a dash where nothing was measured."""
    if interval is None or not interval.n:
        return "–"
    return Markup(f"{interval.share:.0%} <small>{interval.low * 100:.0f}–{interval.high * 100:.0f}</small>")


def best_cells(intervals: Sequence[Interval | None]) -> list[str]:
    """A row of shares, the highest one marked."""
    highest = max((interval.share for interval in intervals if interval), default=0.0)
    return [
        Markup(f'<span class="best">{share_cell(interval)}</span>')
        if interval and interval.n and interval.share == highest > 0
        else share_cell(interval)
        for interval in intervals
    ]


def _bar(x: float, width: float, base: float, interval: Interval, number: int, title: str) -> str:
    def y(share: float) -> float:
        return base - share * (base - _TOP)

    middle = x + width / 2
    said = f"{title}: {interval.share:.0%} (95 % {interval.low:.0%}–{interval.high:.0%}, n = {interval.n})"
    height = max(1.5, base - y(interval.share))
    cap = min(5.0, width / 4)
    return (
        f'<g class="s{number % 6}"><title>{escape(said)}</title>'
        f'<rect class="fill" x="{x + 1:.1f}" y="{base - height:.1f}" width="{width - 2:.1f}" '
        f'height="{height:.1f}" rx="2"/>'
        f'<path class="whisker" d="M{middle:.1f} {y(interval.low):.1f}V{y(interval.high):.1f}'
        f"M{middle - cap:.1f} {y(interval.high):.1f}h{2 * cap:.1f}"
        f'M{middle - cap:.1f} {y(interval.low):.1f}h{2 * cap:.1f}"/>'
        + _text(middle, y(interval.high) - 4, f"{interval.share * 100:.0f}", "middle", "value")
        + "</g>"
    )


def _curve(points: Sequence[tuple[float, float, float, float]], number: int, name: str, percent: bool) -> str:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _, _ in points)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2"><title>{escape(name)} · {_short(at)}: '
        f"{format(value, '.1%' if percent else '.3f')}</title></circle>"
        for x, y, at, value in points
    )
    return f'<g class="s{number % 6}"><path class="line" d="{path}"/>{marks}</g>'


def _legend(names: Sequence[str], first: int = 0) -> str:
    if len(names) < 2:
        return ""
    parts, x = [], float(_LEFT)
    for number, name in enumerate(names):
        colour = f"s{(number + first) % 6}"
        parts.append(f'<rect class="fill {colour}" x="{x:.0f}" y="6" width="11" height="11" rx="2"/>')
        parts.append(_text(x + 16, 16, name, "start", "axis"))
        x += 38 + sum(15 if ord(letter) > 0x2E7F else 9.5 for letter in name)
    return "".join(parts)


def _percent_grid(base: float) -> list[str]:
    return _rules(base, [(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)])


def _grid(base: float, top: float) -> list[str]:
    return _rules(base, [(share, f"{share * top:.2g}") for share in (0, 0.25, 0.5, 0.75, 1)])


def _rules(base: float, ticks: Sequence[tuple[float, str]]) -> list[str]:
    parts = []
    for share, text in ticks:
        y = base - share * (base - _TOP)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, text, "end", "axis"))
    return parts


def _thinned(curve: Curve) -> list[tuple[float, float]]:
    step = max(1, -(-len(curve) // _MAX_MARKS))
    return [*curve[:-1:step], curve[-1]] if curve else []


def _percentiles(values: Sequence[int]) -> tuple[float, float, float, float, float]:
    """5, 25, 50, 75 and 95 %."""
    if len(values) == 1:
        return (float(values[0]),) * 5
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[0], cuts[4], cuts[9], cuts[14], cuts[18]


def _short(number: float) -> str:
    return f"{number:.0f}" if number == int(number) or abs(number) >= 10 else f"{number:.2f}"


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: int, parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )
