"""`ragtune cost` says what a deployment will cost; `ragtune bulk` loads all documents in the cloud.

ragtune cost --config config/prod.toml
ragtune bulk start --config config/prod.toml          # or: --inventory latest
ragtune bulk status --config config/prod.toml
ragtune deadletters --redrive --config config/prod.toml
"""

from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import Json
from ragtune.cli.screen import facts, out, table
from ragtune.cost import Use, estimate, load_prices
from ragtune.deployment import load_deployment
from ragtune.model_cost import DAYS, ModelCost, ModelUse, model_cost
from ragtune.records import encode, to_json
from ragtune.wiring import bulk_load, dead_letters

Deployed = Annotated[
    Path, typer.Option("--config", envvar="RAGTUNE_CONFIG", help="The deployment's file: one with [aws].")
]
DEV = Path("config/dev.toml")


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("cost")(cost_command)
    bulk = typer.Typer(help="Bring all documents of a deployment into its index.", no_args_is_help=True)
    bulk.command("start")(start_command)
    bulk.command("status")(status_command)
    app.add_typer(bulk, name="bulk")
    app.command("deadletters")(deadletters_command)


def cost_command(
    questions: Annotated[int, typer.Option(help="In a month.")] = 10_000,
    pages: Annotated[int, typer.Option(help="New or changed in a month.")] = 1_000,
    documents: Annotated[float, typer.Option(help="GiB of pages and files that are kept.")] = 10.0,
    model_hours: Annotated[float, typer.Option(help="A month, in which somebody asks the model.")] = 220.0,
    tunings: Annotated[int, typer.Option(help="In a month.")] = 1,
    usd_million_in: Annotated[
        float, typer.Option(help="Of whom you compare with: USD for a million tokens in; 0: the table's.")
    ] = 0.0,
    usd_million_out: Annotated[float, typer.Option(help="Likewise, out.")] = 0.0,
    json: Json = False,
    config: Deployed = DEV,
) -> None:
    """Estimate a month, line by line, from a dated price table; with [aws.model] also when the model pays.

    Example: `ragtune cost --config config/prod.toml --questions 200000`
    """
    deployment = load_deployment(config)
    prices = load_prices(deployment.aws.region)
    use = Use(questions=questions, pages_changed=pages, documents_gib=documents)
    lines, model = estimate(deployment, prices, use), None
    if deployment.aws.endpoint:
        model_use = ModelUse(
            hours=model_hours,
            tunings=tunings,
            usd_million_in=usd_million_in,
            usd_million_out=usd_million_out,
        )
        model = model_cost(deployment.aws, prices, model_use)
        lines = (*lines, *model.lines)
    total = round(sum(line.usd for line in lines), 2)
    if json:
        shown = [encode(line) | {"usd": line.usd} for line in lines]
        told = {"lines": shown, "usd": total, "as_of": prices.as_of, "basis": prices.basis}
        out.print(to_json(told | ({"model": _model(model)} if model else {})), markup=False)
        return
    rows = [
        (line.what, f"{line.quantity:,.3f}", line.unit, f"{line.price:g}", f"{line.usd:,.2f}")
        for line in lines
    ]
    table(f"{deployment.aws.name}: a month in USD", ("what", "quantity", "unit", "each", "USD"), rows)
    out.print(f"\n  {total:,.2f} USD a month; prices of {prices.as_of}: {prices.basis}", markup=False)
    if model:
        _show_model(model, questions)


def _model(model: ModelCost) -> dict[str, object]:
    return {
        "usd_an_answer_by_the_token": model.answer,
        "break_even_answers_a_day": round(model.break_even_a_day),
        "savings": encode(model.savings),
    }


def _show_model(model: ModelCost, questions: int) -> None:
    a_day = questions / DAYS
    out.print(
        f"  the endpoint pays from {model.break_even_a_day:,.0f} answers a day, at {model.answer:.5f} USD an "
        f"answer by the token; {a_day:,.0f} a day are reckoned with",
        markup=False,
    )
    for saving in model.savings:
        verb = "saves" if saving.taken else "would save"
        out.print(f"  {saving.what}: {verb} {saving.usd:,.2f} USD a month", markup=False)


def start_command(
    inventory: Annotated[
        str,
        typer.Option(help="Of S3's daily inventory: latest, or a manifest.json's key. Without: a listing."),
    ] = "",
    config: Deployed = DEV,
) -> None:
    """Start a bulk load; what is unchanged is skipped, so it may be started at any time.

    Example: `ragtune bulk start --inventory latest --config config/prod.toml`
    """
    started = bulk_load(load_deployment(config).aws).start(inventory)
    out.print(f"  started {started}; see ragtune bulk status --config {config}", markup=False)


def status_command(json: Json = False, config: Deployed = DEV) -> None:
    """Say how far the last bulk load is, and which pages are set aside.

    Example: `ragtune bulk status --config config/prod.toml`
    """
    load = bulk_load(load_deployment(config).aws)
    status, troubles = load.status(), load.troubles()
    if json:
        out.print(to_json({**encode(status), "set_aside": encode(troubles)}), markup=False)
        return
    facts({name: value for name, value in encode(status).items() if value not in ("", None)})
    rows = [(uri, one.reason or "; ".join(one.warnings)) for uri, one in troubles.items()]
    if rows:
        table("pages in trouble", ("page", "reason"), rows)


def deadletters_command(
    redrive: Annotated[bool, typer.Option("--redrive", help="Put them back, to be tried again.")] = False,
    json: Json = False,
    config: Deployed = DEV,
) -> None:
    """List the events that failed for good, with the last reason; mend it, then redrive them.

    Example: `ragtune deadletters --config config/prod.toml`
    """
    found = dead_letters(load_deployment(config).aws)
    if redrive:
        out.print(f"  {found.redrive()} put back into the queue", markup=False)
        return
    letters = found.letters()
    if json:
        out.print(to_json(encode(letters)), markup=False)
        return
    rows = [(one.id, ", ".join(one.keys) or "no event of S3", one.at, one.reason) for one in letters]
    table(f"{len(rows)} dead letters", ("message", "objects", "at", "reason"), rows)
