"""What changes: typed changes, project cards, scenarios and goals; tables in, tables out."""
