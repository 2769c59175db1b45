"""`sparklet serve`: answer requests to models over HTTP."""

from __future__ import annotations

import logging
import re
from typing import Any

import click

from sparklet.cli.options import trust_option
from sparklet.extras import require_serve

__all__ = ["serve"]

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class _Size(click.ParamType[int]):
    """A number of bytes, such as 500m or 2g."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes of a text."""
        matched = re.fullmatch(r"(\d{1,15})([kmg]?)b?", str(value).lower())
        if matched is None:
            self.fail(f"{value!r} is no size such as 500m or 2g", param, ctx)
        return int(matched[1]) * _UNITS[matched[2]]


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="NAME=PATH|DIR...")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. One that other machines reach needs --token-file.",
)
@click.option(
    "--port", "-p", default=8080, show_default=True, type=click.IntRange(0, 65535), help="TCP port."
)
@click.option("--uds", metavar="SOCKET", help="Also listen on a Unix socket at this path.")
@click.option("--no-tcp", is_flag=True, help="Listen on --uds only.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes that share the sockets. Each has its own copy of the models.",
)
@click.option(
    "--poll",
    default=0.0,
    metavar="SECONDS",
    type=click.FloatRange(0.0, 86400.0),
    help="Look for new models, versions and aliases every so many seconds [default: never].",
)
@click.option("--lazy", is_flag=True, help="Load a model when it is first asked for, not at the start.")
@click.option(
    "--memory",
    type=_Size(),
    help="Budget for models in memory; those that were not used for the longest time are let go.",
)
@click.option("--default", metavar="NAME", help="The model behind /invocations [default: the only one].")
@click.option(
    "--require-certificate",
    is_flag=True,
    help="Refuse models without example rows from sparklet.save.",
)
@click.option(
    "--undeclared",
    type=click.Choice(["refuse", "infer"]),
    default="refuse",
    show_default=True,
    help="Whether models with columns whose types change the answer are refused unless they are declared, or "
    "their types are inferred.",
)
@trust_option
@click.option(
    "--token-file",
    metavar="FILE",
    help="Bearer tokens, one in each line; requests must have one of them.",
)
@click.option(
    "--admin",
    metavar="SOCKET",
    help="Unix socket for routes that load, unload and roll back models; only its owner can open it.",
)
@click.option("--max-body", type=_Size(), default="4m", show_default=True, help="Largest body of a request.")
@click.option(
    "--max-rows", default=10_000, show_default=True, type=click.IntRange(1), help="Most rows of a request."
)
@click.option(
    "--max-requests",
    default=1024,
    show_default=True,
    type=click.IntRange(1),
    help="Requests that a process accepts at once; others get status 429.",
)
@click.option(
    "--body-timeout",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600.0),
    help="Seconds in which the body of a request must arrive.",
)
@click.option(
    "--drain",
    default=30.0,
    show_default=True,
    type=click.FloatRange(1.0, 3600.0),
    help="Seconds in which requests are still answered after SIGTERM.",
)
def serve(models: tuple[str, ...], port: int, no_tcp: bool, **options: Any) -> None:
    """Answer requests to models over HTTP.

    NAME=PATH serves a model under a name; PATH is what `sparklet.load` opens, or a folder of versions. DIR is
    a folder of models, DIR/name/version/, of which the newest version answers:

    \b
    sparklet serve churn=my_model
    curl localhost:8080/models/churn:score -d '{"age": 41, "city": "SF"}'
    sparklet serve churn=models:/churn@champion            a model in MLflow
    sparklet serve models/ --poll 10 --workers 4           a folder of models, new versions within 10 s
    sparklet serve models/ --lazy --memory 2g              thousands of models
    sparklet serve models/ --uds /run/s.sock --no-tcp      a Unix socket
    sparklet serve models/ --host 0.0.0.0 --token-file tokens
    sparklet serve models/ --admin /run/admin.sock
    curl -X POST --unix-socket /run/admin.sock localhost/models/churn:rollback

    A version answers only after it is loaded and its example rows give Spark's results. If it fails, the
    version before it continues to answer. Further routes: /models, /openapi.json, /metrics, /health, /ready,
    /invocations (MLflow) and /v2 (Open Inference Protocol). SIGTERM stops the server after the requests that
    it has accepted.
    """  # noqa: D301 - click reads the backspace: it keeps the lines below it
    require_serve("sparklet serve")
    from sparklet.serve import Settings
    from sparklet.serve import serve as answer

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    settings = Settings(models=models, port=None if no_tcp else port, **options)

    def started(addresses: list[str]) -> None:
        click.echo(f"sparklet serves at {', '.join(addresses)}", err=True)

    code = answer(settings, started)
    if code:
        raise click.exceptions.Exit(code)
