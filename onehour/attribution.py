"""Attribution of a goal to project cards: which earned which pairs, people and minutes; as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.errors import Problem, UnknownNameError
from onehour.planning import ground
from sim.attribution import MOST_EXACT, Attribution, attribute
from sim.choices import METRICS, people_weights, why_not_monotone, worth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from onehour.planning import Ground
    from onehour.study import Study, Words

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

PLAYERS = 12
"""Cards that are asked about one by one where none are named."""

OTHERS = "others"
"""Name of the player that stands for the cards which are not asked about one by one."""

UNITS = {"passing": "pairs", "people": "share of people", "slack": "min"}


@dataclass(frozen=True, eq=False)
class Shares:
    """What each card or group of cards earns of a goal.

    Attributes
    ----------
    ground
        Goal, base and cards.
    metric
        One of `sim.choices.METRICS`.
    players
        Ids of the cards of each player, by the player's name: a card's id, or the name of a group.
    found
        What each player earns, in the order of `players`.
    silent
        Ids of the cards that were left out since they change no pair's time, neither alone on the base nor
        taken from all.
    scenario_worth
        What the study's scenario itself is worth; where it is not base and cards together, as when it makes
        changes of its own, it differs from `Attribution.every`.
    not_monotone
        Why no value was taken as proven by monotonicity; empty where some were.
    seed, level
        Seed of the orders, and level of the intervals.
    """

    ground: Ground
    metric: str
    players: Mapping[str, tuple[str, ...]]
    found: Attribution
    silent: tuple[str, ...]
    scenario_worth: float
    not_monotone: str
    seed: int
    level: float

    def table(self) -> pd.DataFrame:
        """Return a row a player.

        Returns
        -------
        DataFrame
            player, cards (ids, separated by ``;``), name_zh, name_en, kind, opens, shapley, low, high, share
            (of the whole gain; NaN where there is none), first_in, leave_one_out, confidence; the largest
            share first; provenance in ``attrs``.
        """
        cards = {card.project_id: card for card in self.ground.cards}
        gain = self.found.every - self.found.none
        rows = []
        for at, (name, members) in enumerate(self.players.items()):
            zh, en = self.name(name)
            own = [cards[one] for one in members]
            rows.append(
                {
                    "player": name,
                    "cards": ";".join(members),
                    "name_zh": zh,
                    "name_en": en,
                    "kind": own[0].kind if len(own) == 1 else "group",
                    "opens": own[0].opens if len(own) == 1 else None,
                    "shapley": self.found.shapley[at],
                    "low": self.found.low[at],
                    "high": self.found.high[at],
                    "share": self.found.shapley[at] / gain if gain else float("nan"),
                    "first_in": self.found.first_in[at],
                    "leave_one_out": self.found.leave_one_out[at],
                    "confidence": own[0].confidence if len(own) == 1 else "",
                }
            )
        table = pd.DataFrame(rows).astype({"opens": "Int64"})
        table = table.sort_values(["shapley", "player"], ascending=[False, True], ignore_index=True)
        table.attrs |= self.provenance()
        return table

    def interactions(self) -> pd.DataFrame:
        """Return a row for each two players that interact: one, other, interaction; none where sampled."""
        names, index = list(self.players), self.found.interaction
        rows = [
            {"one": names[one], "other": names[other], "interaction": float(index[one, other])}
            for one in range(len(names))
            for other in range(one + 1, len(names))
            if index is not None and abs(index[one, other]) > 1e-9  # noqa: PLR2004 - rounding
        ]
        table = pd.DataFrame(rows, columns=["one", "other", "interaction"])
        table = table.sort_values(
            "interaction", key=np.abs, ascending=False, ignore_index=True, kind="stable"
        )
        table.attrs |= self.provenance()
        return table

    def pairs(self) -> pd.DataFrame:
        """Return a row for each player and pair: for whom each does what.

        Returns
        -------
        DataFrame
            player, origin, destination, alone_min: minutes that it gains alone on the base, taken_min: those
            that are lost where it is taken from all; NaN where there is a journey in one of both alone.
        """
        ids = self.ground.choices.cards
        single = np.array([[name in members for name in ids] for members in self.players.values()], np.bool_)
        ends = np.array([np.zeros(len(ids)), single.any(axis=0)], np.bool_)
        seconds = self.ground.choices.seconds(np.concatenate([ends, single, ends[1] & ~single]))
        minutes = np.where(seconds >= 0, seconds / 60, np.nan)
        count = len(single)
        lost = minutes[2 + count :] - minutes[1]
        table = pd.DataFrame(
            [(name, *pair) for name in self.players for pair in self.ground.pairs],
            columns=["player", "origin", "destination"],
        )
        table["alone_min"] = (minutes[0] - minutes[2 : 2 + count]).ravel()
        table["taken_min"] = lost.ravel()
        table.attrs |= self.provenance()
        return table

    def name(self, player: str) -> tuple[str, str]:
        """Return the Chinese and the English name of a player."""
        if self.players[player] == (player,):
            return self.ground.names[player]
        if player == OTHERS:
            count = len(self.players[player])
            return f"其余 {count} 项", f"the other {count} cards"
        return "", player

    def provenance(self) -> dict[str, Any]:
        """Return what the shares were computed from."""
        found = self.found
        held = [name for members in self.players.values() for name in members]
        return self.ground.provenance(held) | {
            "metric": self.metric,
            "unit": UNITS[self.metric],
            "none": found.none,
            "every": found.every,
            "scenario_worth": self.scenario_worth,
            "exact": found.exact,
            "orders": found.orders,
            "level": None if found.exact else self.level,
            "seed": None if found.exact else self.seed,
            "subsets": 2 ** len(self.players),
            "evaluated": found.evaluated,
            "not_monotone": self.not_monotone,
            "silent": list(self.silent),
        }


def shares(
    study: Study,
    cards: str | Sequence[str] = "auto",
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    metric: str = "slack",
    base: str | None = None,
    goal: str | None = None,
    words: Words | None = None,
    orders: int = 400,
    seed: int = 0,
    level: float = 0.95,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Shares:
    """Attribute what a study's scenario gains for a goal over a base to its cards.

    Parameters
    ----------
    study
        The region under the scenario.
    cards
        Ids of cards. ``auto``: of those that the scenario adds to the base and that change a pair's time, the
        `PLAYERS` with the largest effect, alone on the base or taken from all; the rest are one player more.
        ``all``: the same of all cards, also those that the base holds.
    groups
        Cards that are taken together as one player, by the player's name; they need not stand in `cards`.
    metric
        See `sim.choices.worth`.
    base, goal, words, folder, tell
        See `onehour.planning.ground`.
    orders, seed, level
        Where there are more than `sim.attribution.MOST_EXACT` players: number of orders, their seed, and the
        level of the intervals.

    Raises
    ------
    BadInputError
        A name, a group or a number cannot be used; lists every problem.
    """
    groups = groups or {}
    problems = _problems(study, cards, groups, metric, orders, level)
    known = {card.project_id for card in study.scenario.known_cards}
    grouped = [name for members in groups.values() for name in members if name in known]
    wanted = cards if isinstance(cards, str) else [*cards, *grouped]
    with ground(
        study, wanted, base=base, goal=goal, words=words, folder=folder, tell=tell, problems=problems
    ) as there:
        weights = people_weights(study.network.region, there.pairs)

        def value(masks: Bools) -> Floats:
            return worth(metric, there.choices.seconds(masks), there.limit_s, weights)

        ids = list(there.choices.cards)
        players = _grouped(ids, groups)
        silent: tuple[str, ...] = ()
        if isinstance(cards, str):
            players, silent = _chosen(players, there, value, named=set(groups))
        belongs = np.array([[name in members for name in ids] for members in players.values()], np.bool_)

        def joint(masks: Bools) -> Floats:
            return value((masks.astype(np.int64) @ belongs.astype(np.int64)) > 0)

        def progress(done: int, every: int) -> None:
            if tell is not None:
                what = "subsets" if len(players) <= MOST_EXACT else "orders"
                tell(f"{done:,} of {every:,} {what} of {len(players)} cards and groups")

        reason = why_not_monotone(there.cards, there.query)
        found = attribute(
            joint,
            len(players),
            monotone=not reason,
            orders=orders,
            level=level,
            rng=np.random.default_rng(seed),
            progress=progress,
        )
        if not found.is_monotone and not reason and found.exact:
            reason = "a value was found that contradicts it"
        asked = study.planning_words(study.goal(goal), words or {})
        judged = study.verdict(goal, words=asked).table
        seconds = judged["minutes"].mul(60).round().fillna(-1).to_numpy(np.int32)[None]
        itself = float(worth(metric, seconds, there.limit_s, weights)[0])
        return Shares(there, metric, players, found, silent, itself, reason, seed, level)


def _problems(
    study: Study,
    cards: str | Sequence[str],
    groups: Mapping[str, Sequence[str]],
    metric: str,
    orders: int,
    level: float,
) -> list[Problem]:
    """Return what is wrong with what was asked for."""
    known = {card.project_id: card for card in study.scenario.known_cards}
    problems: list[Problem] = []
    if metric not in METRICS:
        problems += UnknownNameError("metric", metric, METRICS, where="--metric").problems
    if orders < 4 or orders % 2:  # noqa: PLR2004
        problems.append(Problem("--orders", f"{orders} is odd or below 4", "give an even number"))
    if not 0.5 <= level < 1:  # noqa: PLR2004
        problems.append(Problem("level", f"{level:g} is not between 0.5 and 1", "for example 0.95"))
    seen: dict[str, str] = {}
    for name, members in groups.items():
        where = f"--group {name}"
        if name in known or name == OTHERS:
            problems.append(
                Problem(where, "is the name of a card, or kept for the rest", "take another name")
            )
        if not members:
            problems.append(Problem(where, "holds no card", "for example --group metro=gz_metro8_north"))
        for member in members:
            if member not in known:
                problems += UnknownNameError("project", member, known, where=where).problems
            elif member in seen:
                problems.append(
                    Problem(where, f"{member} stands in {seen[member]} already", "take it out of one")
                )
            seen[member] = name
    asked = {*seen, *([] if isinstance(cards, str) else cards)} & known.keys()
    problems += [
        Problem("--cards", f"{one} excludes {other}: they cannot both be built", "leave one of them out")
        for one in sorted(asked)
        for other in known[one].excludes
        if other in asked
    ]
    return problems


def _grouped(ids: Sequence[str], groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the players: groups, then each card that is in none."""
    held = {name for members in groups.values() for name in members}
    players = {name: tuple(members) for name, members in groups.items()}
    return players | {name: (name,) for name in ids if name not in held}


def _chosen(
    players: Mapping[str, tuple[str, ...]],
    there: Ground,
    value: Callable[[Bools], Floats],
    *,
    named: set[str],
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the players with the largest effect, the rest as one, and the cards that change nothing.

    The effect is the larger of what a player is worth alone on the base and what all lose without it; of
    equal ones, such as those that turn no pair, the one goes first that changes more minutes over all pairs.
    """
    ids = list(there.choices.cards)
    single = np.array([[name in members for name in ids] for members in players.values()], np.bool_)
    masks = np.concatenate(
        [np.zeros((1, len(ids)), np.bool_), single, np.ones((1, len(ids)), np.bool_), ~single]
    )
    seconds = there.choices.seconds(masks).astype(np.float64)
    worths = value(masks)
    count = len(players)
    lowest = 5 * there.limit_s
    capped = np.where(seconds < 0, lowest, np.minimum(seconds, lowest))
    changed = [np.abs(capped[part] - capped[at]).sum(axis=1) for part, at in _parts(count)]
    differs = [(seconds[part] != seconds[at]).any(axis=1) for part, at in _parts(count)]
    effects = [np.abs(worths[part] - worths[at]) for part, at in _parts(count)]
    effect, minutes = np.maximum(*effects), np.maximum(*changed)
    tells = differs[0] | differs[1]
    names = list(players)
    ranked = sorted(
        (at for at in range(count) if tells[at] or names[at] in named),
        key=lambda at: (names[at] not in named, -effect[at], -minutes[at], at),
    )
    chosen = sorted(ranked[: max(PLAYERS, len(named))])
    rest = [name for at in range(count) if at not in chosen for name in players[names[at]]]
    found = {names[at]: players[names[at]] for at in chosen}
    if not chosen:
        return dict(list(players.items())[:1]), tuple(rest)
    silent = np.array([[name not in rest for name in ids]], np.bool_)
    if (
        not tells[[at for at in range(count) if at not in chosen]].any()
        and (there.choices.seconds(silent) == seconds[count + 1]).all()
    ):
        return found, tuple(rest)
    return found | {OTHERS: tuple(rest)}, ()


def _parts(count: int) -> tuple[tuple[slice, int], tuple[slice, int]]:
    """Return where players alone stand and what they are held against, and the same of all without each."""
    return (slice(1, count + 1), 0), (slice(count + 2, 2 * count + 2), count + 1)
