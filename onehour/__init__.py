"""The front door: the `onehour` command, the public Python API, the report."""

from onehour._names import check_names

check_names()
