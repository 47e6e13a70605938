"""The command ``loyalty``: what each part does is imported only when it is asked for."""

from __future__ import annotations

import os
import sys

import click

from helpers.cli_claims import claims
from helpers.cli_data import data
from helpers.cli_run import new, run
from helpers.cli_runs import check, compare, verify, why
from helpers.errors import Blocked, LoyaltyError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loyalty-claims", prog_name="loyalty")
def loyalty() -> None:
    """Test what five documents assert about online customers, on real open data or on your own."""


for command in (claims, data, run, why, verify, check, compare, new):
    loyalty.add_command(command)


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit code 2, a disk that refuses is 7, Ctrl-C is 130."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for some in every installed package
    try:
        sys.exit(loyalty(standalone_mode=False) or 0)
    except LoyaltyError as fault:
        click.echo(f"loyalty: {fault}", err=True)
        sys.exit(fault.exit_code)
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        click.echo(f"loyalty: {where}{fault.strerror or fault}; mend that and try again", err=True)
        sys.exit(Blocked.exit_code)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("loyalty: interrupted", err=True)
        sys.exit(130)
