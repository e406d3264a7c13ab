"""The map of ways as an SVG: `python -m infra.figure config/prod.toml cdk.out/prod docs/ways.svg`.

Callers on the left, services on the right, nothing between but rules. `make synth` draws the docs' figure.
"""

import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from infra.reachability import Map, Way, reachability, read
from ragtune.deployment import load_deployment

_ROW, _TOP, _LEFT, _RIGHT, _WIDTH = 58, 92, 40, 690, 960
_STYLE = """
 .bg{fill:#fff}.vpc{fill:#fbfcfe;stroke:#5b7db1;stroke-dasharray:6 4}.from{fill:#eaf6ef;stroke:#3f8f62}
 .to{fill:#fdf6e7;stroke:#b98a2c}.l{stroke:#59636e;stroke-width:1.4;fill:none;marker-end:url(#a)}
 text{fill:#1f2328}.s{font-size:11.5px;fill:#59636e}.h{font-weight:600}"""
_ARROW = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#59636e"/></marker></defs>'
)


def draw(found: Map) -> str:
    """The same text for the same map, byte for byte."""
    callers = list(dict.fromkeys(way.caller for way in found.ways))
    services = list(dict.fromkeys(way.service for way in found.ways))
    rows = max(len(callers), len(services))
    bottom = _TOP + rows * _ROW
    height = bottom + 74 + 17 * len(found.names)
    title = "Ways in the VPC, computed from the templates: every caller, every service, and no other"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-labelledby="t" font-family="system-ui, sans-serif" font-size="14">',
        f'<title id="t">{title}</title>',
        f"<style>{_STYLE}\n</style>",
        _ARROW,
        f'<rect class="bg" width="{_WIDTH}" height="{height}" rx="8"/>',
        f'<rect class="vpc" x="16" y="40" width="{_WIDTH - 32}" height="{bottom - 44}" rx="8"/>',
        '<text class="h" x="20" y="28">VPC of isolated subnets: no gateway, no NAT, no public address</text>',
        f'<text class="s" x="{_LEFT}" y="72">who calls (security group)</text>',
        f'<text class="s" x="{_RIGHT}" y="72">what is reached, by which way</text>',
        *(_box("from", _LEFT, number, caller, "") for number, caller in enumerate(callers)),
        *(_box("to", _RIGHT, number, each, _way_to(found, each)) for number, each in enumerate(services)),
        *(_line(way, callers, services) for way in found.ways),
        *_resolving(found, bottom + 30),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _way_to(found: Map, service: str) -> str:
    zones = found.endpoints.get(service)
    if zones is None:
        return "inside the VPC"
    return f"interface endpoint in {zones} zones" if zones else "gateway endpoint"


def _box(kind: str, x: int, number: int, label: str, note: str) -> str:
    y, width = _TOP + number * _ROW, 230
    shown = f'<text class="h" x="{x + 14}" y="{y + (18 if note else 25)}">{escape(label)}</text>'
    below = f'<text class="s" x="{x + 14}" y="{y + 34}">{escape(note)}</text>' if note else ""
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="42" rx="6"/>{shown}{below}'


def _line(way: Way, callers: list[str], services: list[str]) -> str:
    start = _TOP + callers.index(way.caller) * _ROW + 21
    end = _TOP + services.index(way.service) * _ROW + 21
    left, right = _LEFT + 230, _RIGHT - 2
    bend = (right - left) // 3
    path = f"M{left} {start}C{left + bend} {start} {right - bend} {end} {right} {end}"
    return f'<path class="l" d="{path}"><title>{escape(f"{way.why} ({way.ports})")}</title></path>'


def _resolving(found: Map, y: int) -> Iterator[str]:
    yield f'<text class="h" x="20" y="{y}">Names that resolve; every other question gets no answer</text>'
    for number, name in enumerate(found.names, 1):
        yield f'<text class="s" x="{_LEFT}" y="{y + 6 + 17 * number}">{escape(name)}</text>'


def main(config: str, folder: str, figure: str) -> None:
    """Draw the map of a synth's folder into a file."""
    prefix_list = load_deployment(Path(config)).aws.network.s3_prefix_list
    Path(figure).write_text(draw(reachability(read(Path(folder)), prefix_list)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
