"""``puerto usage``: what was used, from the ledger in the local data."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.usage.report import UsageGroup
from entrypoints.cli.clients.local import OWNER, with_services
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.usage.report import UsageLine
    from domain.usage.service import UsagePage
    from entrypoints.wiring.services import Services

_PAGE = 100
_Day = typer.Option(formats=["%Y-%m-%d"], help="In UTC, included.")


def command(
    by: Annotated[UsageGroup, typer.Option(help="What a line is about.")] = UsageGroup.DAY,
    since: Annotated[datetime | None, _Day] = None,
    until: Annotated[datetime | None, _Day] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what everybody used, and what it cost: in the last 30 days, or from --since on."""

    async def work(services: "Services") -> "tuple[list[UsageLine], UsagePage]":
        lines, cursor = list["UsageLine"](), None
        while True:
            found = await services.usage.reports.report(
                OWNER,
                by,
                _PAGE,
                cursor,
                first=None if since is None else since.date(),
                last=None if until is None else until.date(),
            )
            lines += found.page.items
            if (cursor := found.page.next_cursor) is None:
                return lines, found

    lines, found = with_services(work)
    if as_json:
        from entrypoints.http.routes.usage.usage import used, used_by

        show_json({"usage": [used_by(by, line) for line in lines], "total": used(found.total)})
        return
    rows = [[*_named(line), *_amounts(line)] for line in lines]
    show([by, "", "answers", "tokens", "usd", "calls"], rows)


def _named(line: "UsageLine") -> list[str]:
    return [line.name or "-", line.label]


def _amounts(line: "UsageLine") -> list[str]:
    from domain.models.prices import in_usd

    used = line.used
    cost = f"{in_usd(used.cost_nano):.6f}" + ("+" if used.unpriced else "")
    return [f"{used.answers}", f"{used.total_tokens}", cost, f"{used.calls}"]
