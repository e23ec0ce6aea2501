"""Questions before something that cannot be taken back."""

import click


def confirm(question: str) -> None:
    """Go on if the answer is yes; whoever says no, or nothing, has stopped the command."""
    while True:
        said = click.prompt(f"{question} [ya/tidak]", default="tidak", show_default=False)
        match said.strip().lower():
            case "ya" | "y":
                return
            case "tidak" | "t" | "n":
                raise click.Abort
            case _:
                click.echo("Jawab ya atau tidak.", err=True)
