"""How each of the plan's goals is read: its pairs and limit, or why it cannot be checked."""

from __future__ import annotations

from typing import Any

HUBS = ["cr-guangzhou", "cr-guangzhou-east", "cr-guangzhou-south", "cr-guangzhou-baiyun", "cr-foshan-west"]
AUXILIARY = ["cr-guangzhou-north", "cr-nansha", "cr-guangzhou-xintang"]
POLES = ["zq-duanzhou", "qy-qingcheng"]
CORE = ["gz-yuexiu", "fs-chancheng"]

READ: dict[str, dict[str, Any]] = {
    "G01_centres_1h_2030": {"pairs": {"between": "centres"}, "mode": "any"},
    "G02_centres_1h_rail": {"pairs": {"between": "cores"}},
    "G03_centres_1h_annex": {"pairs": {"from": ["gz-yuexiu"], "to": "centres"}},
    "G04_commute_circle": {"pairs": {"from": CORE, "to": "centres"}},
    "G05_rail_metro_area": {
        "reason_not": "asks for stations and trains at every centre, not for times; no number is set"
    },
    "G06_rail_network_formed": {
        "reason_not": "asks for a network that is 'basically formed', without a measure"
    },
    "G07_five_hubs": {"pairs": {"between": HUBS}, "clock": "station"},
    "G08_aux_hubs": {"pairs": {"from": AUXILIARY, "to": HUBS}, "clock": "station"},
    "G09_hsr_core_to_poles": {"pairs": {"from": CORE, "to": POLES}, "clock": "in-vehicle"},
    "G10_guangfo_18": {"reason_not": "asks for 18 links that it does not list"},
    "G11_one_ticket": {"reason_not": "about fares, not about time"},
    "G12_transit_operation": {
        "reason_not": "asks for intercity trains like a metro's, without a headway; its card can be built"
    },
    "G13_security": {"reason_not": "a measure, not a time; its card can be built"},
    "G14_suburban_existing": {"reason_not": "a measure, not a time; its card can be built"},
    "G15_outward": {"reason_not": "about places outside the area, without a limit"},
    "G16_air_circle": {"reason_not": "about flights"},
    "G17_airport_city": {
        "pairs": {"from": ["cr-baiyun-airport-north", "cr-baiyun-airport-east"], "to": "centres"}
    },
    "G18_new_airport_zqd": {"pairs": {"from": ["cr-fozhao"], "to": ["cr-zhaoqing-east"]}, "clock": "station"},
    "G19_gateways": {
        "reason_not": "about ways into the cities, without a place or a limit; its card can be built"
    },
    "G20_etc": {"reason_not": "a measure, not a time; its card can be built"},
    "G21_feeder": {"reason_not": "about border areas that it does not name, without a limit"},
    "G22_gba_axes": {"reason_not": "about places outside the area, without a limit"},
    "G23_two_poles": {"pairs": {"between": [*CORE, *POLES]}},
    "G24_facilities_2035": {"pairs": {"between": "cores"}},
    "G25_baseline_problem": {
        "pairs": {"from": ["gz-yuexiu"], "to": ["fs-chancheng", *POLES]},
        "clock": "station",
    },
    "G26_gz_zhanjiang": {"reason_not": "Zhanjiang lies outside the area, and no time is set"},
}

#: What to know of a goal, beside the facts' notes.
NOTES = {
    "G08_aux_hubs": "Nansha opens with the Shenzhen-Jiangmen railway (not Nansha North, open since 2011): "
    "without that card its pairs are left out.",
    "G18_new_airport_zqd": "Needs a scenario that builds the station Fozhao.",
}

#: Limit of goals that repeat the hour of another sentence.
LIMIT_MIN = {"G24_facilities_2035": 60}


def goals(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the goals as they stand in TOML."""
    found = []
    for row in rows:
        goal: dict[str, Any] = {name: row[name] for name in ("goal_id", "text_seed", "section", "scope")}
        limit = row["threshold_minutes"].strip()
        name = row["goal_id"]
        if limit.isdigit() or name in LIMIT_MIN:
            goal["limit_min"] = LIMIT_MIN.get(name) or int(limit)
        year = next((part for part in row["year"].replace("(", " ").split() if part[:4].isdigit()), "")
        if year:
            goal["year"] = int(year[:4])
        goal |= READ[name]
        for key in ("ambiguities", "notes"):
            if row[key]:
                goal[key] = row[key].replace("shared/facts/", "")
        if name in NOTES:
            goal["notes"] = f"{NOTES[name]} {goal.get('notes', '')}".strip()
        found.append(goal)
    return found
