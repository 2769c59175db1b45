"""The command line: look into a saved model, score files and tables with it, verify it against Spark."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from sparklet import __version__
from sparklet.cli.batch import batch
from sparklet.cli.explain import explain
from sparklet.cli.inspect import inspect
from sparklet.cli.score import score
from sparklet.cli.verify import verify
from sparklet.errors import SparkletError

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sparklet")
def cli() -> None:
    r"""Score saved Apache Spark ML pipelines without Spark.

    MODEL is the folder that PipelineModel.save wrote (or any fitted stage's save), local or remote (s3://, gs://,
    hdfs://, abfs://).

    \b
    sparklet inspect my_model                          what it needs and what it gives
    sparklet explain my_model                          the function that it becomes
    echo '{"age": 41}' | sparklet score my_model -     score a row
    sparklet score my_model rows.csv -o scored.jsonl   score a file
    sparklet score my_model rows.parquet -o scored.parquet
    sparklet verify my_model                           compare with what Spark gave when it was saved
    sparklet verify my_model --rows rows.jsonl         compare with a live Spark
    sparklet batch my_model "SELECT * FROM t" out/     score a table with Spark
    """


for command in (inspect, explain, score, verify, batch):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a `SparkletError` is printed in one piece and exits with 1."""
    try:
        # Without the standalone mode, click returns the code that a command exits with.
        code = cli.main(arguments, prog_name="sparklet", standalone_mode=False)
    except SparkletError as error:
        click.echo(f"sparklet: {error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("sparklet: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has gone; what is still buffered has no one to go to.
        sys.stderr.close()
        code = 0
    if code:
        sys.exit(code)
