"""`python -m survey_app.cli` is `earshot`."""

from survey_app.cli import main

main(prog_name="earshot")
