"""The verbs of the command line, by what they are about; `onehour.cli` gives them their names."""
