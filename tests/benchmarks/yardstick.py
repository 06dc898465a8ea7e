"""A command line of one command that prints one line: what any typer program pays before it does anything."""

import typer

app = typer.Typer()


@app.command()
def main():
    typer.echo("hello")


if __name__ == "__main__":
    app()
