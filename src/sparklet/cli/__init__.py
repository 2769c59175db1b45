"""The command line: inspect a saved model, score with it, serve it, and verify it against Spark."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from sparklet import __version__
from sparklet.cli.batch import batch
from sparklet.cli.explain import explain
from sparklet.cli.inspect import inspect
from sparklet.cli.schema import schema
from sparklet.cli.score import score
from sparklet.cli.serve import serve
from sparklet.cli.verify import verify
from sparklet.errors import SparkletError

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sparklet")
def cli() -> None:
    """Score saved Apache Spark ML pipelines without Spark.

    MODEL is a folder that PipelineModel.save or the save method of another fitted stage wrote. It may be
    local or remote (s3://, gs://, hdfs://, abfs://).

    \b
    sparklet inspect my_model                          show stages, inputs and outputs
    sparklet explain my_model                          show the operations that score a row
    echo '{"age": 41}' | sparklet score my_model -     score one row
    sparklet score my_model rows.csv -o scored.jsonl   score a file
    sparklet score my_model rows.parquet -o scored.parquet
    sparklet schema my_model --from train.parquet      store the types of the input columns with the model
    sparklet verify my_model                           compare with the results that were saved with the model
    sparklet verify my_model --rows rows.jsonl         compare with a live Spark
    sparklet batch my_model "SELECT * FROM t" out/     score a table with Spark
    sparklet serve churn=my_model                      answer requests over HTTP
    """  # noqa: D301 - click reads the backspace: it keeps the lines below it


for command in (inspect, explain, schema, score, verify, batch, serve):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; print a `SparkletError` without a traceback and exit with 1."""
    try:
        # Without standalone mode, click returns the exit code of the command.
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
        # The reader of the pipe (`| head`) has exited: discard the buffered output.
        sys.stderr.close()
        code = 0
    if code:
        sys.exit(code)
