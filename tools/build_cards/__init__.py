"""How the project cards and goals of the Guangzhou plan are made."""
