"""Ids that differ from each other, and that the tables of a region allow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_REFUSED = re.compile(r"[\s,;|\"']+")


def unused_names(names: Iterable[str], used: Collection[str] = ()) -> list[str]:
    """Return names that differ from each other and from those used: the second of equal ones gets ``#2``."""
    taken = set(used)
    many: dict[str, int] = {}
    out = []
    for name in names:
        many[name] = many.get(name, 0) + 1
        new = name if many[name] == 1 else f"{name}#{many[name]}"
        while new in taken:
            many[name] += 1
            new = f"{name}#{many[name]}"
        taken.add(new)
        out.append(new)
    return out


def plain_ids(names: Iterable[str]) -> dict[str, str]:
    """Return an id without spaces, commas, semicolons, bars or quotes for each name, all different."""
    each = list(dict.fromkeys(names))
    plain = [_REFUSED.sub("_", name).strip("_") or "x" for name in each]
    return dict(zip(each, unused_names(plain), strict=True))
