"""How the committed tables, cards and numbers are made and judged; not part of the program."""
