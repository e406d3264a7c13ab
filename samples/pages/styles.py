"""Which page wears what: its dress, charset, access labels and validity, by path."""

from samples.pages.sheet import Style

DRESS = {
    "product": "portal", "compare": "portal", "bundle": "portal", "spec": "portal",
    "tariff": "intranet", "cancel": "intranet", "complaint": "intranet", "notice": "portal",
    "install": "notebook", "as": "notebook", "guide": "intranet",
}  # fmt: skip
ACCESS = {
    "install/technician.html": "partner, internal",
    "cancel/retention.html": "internal",
    "complaint/escalation.html": "internal",
    "complaint/abuse.html": "internal",
    "guide/opening.html": "internal",
    "product/bitgil-light.html": "public",
    "bundle/family.html": "public, partner",
    "bundle/welfare.html": "public",
    "complaint/intake.html": "public",
    "tariff/international.html": "public",
}
VALID = {
    "bundle/student.html": ("2026-02-01", ""),
    "bundle/renewal.html": ("2026-01-01", "2035-12-31"),
    "bundle/winter-2025.html": ("2025-11-01", "2025-12-31"),
    "tariff/addons.html": ("2026-01-01", ""),
    "complaint/compensation.html": ("2025-07-01", ""),
}
CP949 = (
    "product/bitgil-plus.html", "product/madang-sports.html", "product/nadeuri-ample.html",
    "tariff/tv.html", "tariff/security.html", "cancel/internet.html", "cancel/phone.html",
    "install/internet.html", "install/phone.html", "as/internet.html", "complaint/quality.html",
)  # fmt: skip
UNDECLARED = (
    "product/doran-global.html", "product/durebak-mesh.html", "tariff/wifi.html", "cancel/mobile.html",
    "install/wifi.html", "as/tv.html", "as/security.html",
)  # fmt: skip


def style(path: str) -> Style:
    charset = "cp949" if path in CP949 else "cp949?" if path in UNDECLARED else "utf-8"
    valid_from, valid_until = VALID.get(path, ("", ""))
    return Style(
        dress=DRESS[path.partition("/")[0]],
        charset=charset,
        access=ACCESS.get(path),
        valid_from=valid_from,
        valid_until=valid_until,
    )
