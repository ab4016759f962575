"""What each card that is no plain line or road changes, or why it changes no time: decided by hand."""

from __future__ import annotations

from typing import Any

ASSUMED = "assumed: the plan gives no number"

#: Why a card leaves times as they are: (reason of the list, the same in words).
NO_EFFECT: dict[str, tuple[str, str]] = {
    # aliases
    "gsg_hsr_to_centre": ("alias", "the same track as gz_gznan_link"),
    "axis_guangqingyong": ("alias", "another name of yongzhou_qingyuan_gz_hsr"),
    "build_gz_baiyun": ("alias", "the same station as hub_gzbaiyun"),
    "hub_nansha": ("alias", "its trains come with shenzhen_jiangmen_rail and gz_zhuhai_macao_hsr"),
    "hub_yuzhu": ("alias", "its trains come with gz_sz_new_hsr and gz_zhuhai_macao_hsr"),
    "new_airport_access": (
        "alias",
        "its roads and lines have cards: exp_zhaoming, exp_nansha_newairport, zhuzhao_hsr_b",
    ),
    "new_airport_zhaoqingdong_link": (
        "alias",
        "delivered by zhuzhao_hsr_c_gaoming_zhaoqingdong and exp_zhaoming",
    ),
    "bottlenecks": ("alias", "stated as a shortfall; the roads of box 3 have cards"),
    "five_hubs_interconnect": ("alias", "the missing links have cards: gz_gznan_link, gz_gzdong_34"),
    "gba_intercity_plan": ("alias", "a programme: the lines of box 1 have cards"),
    "outward_hsr_corridors": ("alias", "a principle: the lines of box 1 have cards"),
    "suburban_rail": ("alias", "its measure has a card: suburban_trains_existing_lines"),
    "guangfo_18_links": (
        "open in base",
        "three links are open and in the tables; the plan does not list the others",
    ),
    # open
    "hub_guangzhou": (
        "open in base",
        "the station is in the tables; conventional trains left it in January 2026",
    ),
    "hub_gzdong": ("open in base", "the station is in the tables; its rebuilding changes capacity, not time"),
    "hub_gznan": ("open in base", "the station is in the tables"),
    "hub_foshanxi": ("open in base", "the station is in the tables"),
    "hub_gzbaiyun": (
        "open in base",
        "the station is in the tables since 2023-12-26 and owns the trains moved to it",
    ),
    "hub_gzbei": ("open in base", "the station is in the tables"),
    "hub_xintang": ("open in base", "the station is in the tables"),
    "hub_zhaoqingdong": (
        "open in base",
        "the station is in the tables; its extension comes with zhuzhao_hsr_c",
    ),
    "foshan_station_hsr": (
        "open in base",
        "trains call at Foshan since 2026-09-11; the card owns their track",
    ),
    "exp_zengfo": ("open in base", "the Zengcheng-Tianhe section is in the tables; the rest has no position"),
    "exp_foqingcong_north": ("open in base", "in the tables since 2023 and 2024"),
    "baiyun_phase3": ("open in base", "the terminal and its intercity station are open"),
    # not about time
    "rebuild_gz_station": (
        "not about time",
        "capacity and passenger flow within the station; no walking times are known",
    ),
    "rebuild_gzdong_station": (
        "not about time",
        "capacity and passenger flow within the station; no walking times are known",
    ),
    "aux_hubs_form": ("not about time", "a form of the network; its lines have cards"),
    "four_network_fusion": (
        "not about time",
        "a principle; transfers, security and frequency have cards of their own",
    ),
    "commute_ring_1h": ("not about time", "the goal itself, not a measure"),
    "one_ticket": ("not about time", "fares and payment"),
    "suburban_depots": ("not about time", "depots"),
    "one_ops_network": ("not about time", "who runs the trains; through trains of 2026 are in the tables"),
    "shared_assets": ("not about time", "depots and rolling stock"),
    "station_city": ("not about time", "buildings around stations"),
    "air_rail_intermodal": ("not about time", "tickets and check-in"),
    "new_airport": ("not about time", "an airport; the ways to it have cards"),
    "general_airports": ("not about time", "small aircraft"),
    "fare_standard": ("not about time", "fares"),
    "road_safety_flow": ("not about time", "safety and maintenance, without a number"),
    "airport_fast_roads": ("no position known", "no road is named"),
    "national_provincial_roads": ("no position known", "no road is named"),
    "coach_to_bus": ("no position known", "no line is named, and buses are not in the tables"),
    # outside
    "gba_intercity_axes": ("outside", "lines outside the area; those inside have cards"),
    "more_estuary_crossings": ("outside", "crossings outside the area"),
}

#: Changes of policies, of roads that are widened, and of lines that are no plain list of stops.
CHANGES: dict[str, list[dict[str, Any]]] = {
    "gz_gznan_link": [
        {
            "type": "add-service",
            "line": "plan-gz-gznan-link",
            "name_zh": "广州站至广州南站联络线",
            "name_en": "Guangzhou-Guangzhou South link",
            "class": "hsr",
            "max_speed_kmh": 200,
            "stops": [
                {"station": "cr-guangzhou"},
                {"station": "cr-guangzhou-south", "distance_km": 20, "run_min": 15, "dwell_min": 2},
                {"station": "cr-humen", "distance_km": 50, "run_min": 17, "dwell_min": 2},
                {"station": "cr-shenzhen-north", "distance_km": 52, "run_min": 17},
            ],
            "source": "Guangzhou-Guangzhou South about 15 min: hk01 60315984; south of it medians of the timetable; "
            f"headway: {ASSUMED}",
        }
    ],
    "hub_new_airport": [
        {
            "type": "add-service",
            "line": "plan-hub-new-airport",
            "name_zh": "广湛高铁佛肇站列车",
            "name_en": "Guangzhou-Zhanjiang HSR, trains calling at Fozhao",
            "class": "hsr",
            "max_speed_kmh": 350,
            "stops": [
                {"station": "cr-guangzhou-baiyun"},
                {"station": "cr-foshan", "distance_km": 26.8},
                {
                    "station": "cr-fozhao",
                    "name_zh": "佛肇",
                    "name_en": "Fozhao (new airport)",
                    "lon": 112.5697,
                    "lat": 22.8743,
                    "confidence": "medium",
                    "distance_km": 60.0,
                },
                {"station": "cr-xinxing-south", "distance_km": 45.2},
            ],
            "source": f"track of the Guangzhou-Zhanjiang line, which passes the station; headway: {ASSUMED}",
        }
    ],
    "security_mutual_recognition": [
        {
            "type": "set-entry",
            "between": ["metro", "rail"],
            "security_s": 0,
            "source": "the plan, chapter 3 section 1 (安檢互認): security checks are recognised both ways; walks stay",
            "confidence": "medium",
        }
    ],
    "intercity_transit_operation": [
        {
            "type": "adjust-frequency",
            "where": {"class": "intercity"},
            "headway_min": {"am-peak": 8, "midday": 12},
            "source": f"{ASSUMED}; 8 and 12 min are usual on suburban railways run like a metro (公交化)",
        }
    ],
    "intercity_metro_transfer": [
        {
            "type": "set-transfer",
            "between": ["intercity", "metro"],
            "walk_factor": 0.7,
            "source": f"{ASSUMED}; a third less walking between intercity railway and metro",
        }
    ],
    "suburban_trains_existing_lines": [
        {
            "type": "add-service",
            "line": "guangmao-conv",
            "name_en": "Suburban trains Foshan-Zhaoqing",
            "class": "conventional",
            "stops": [
                {"station": "cr-foshan", "distance_km": 22},
                {
                    "station": "cr-sanshui",
                    "name_zh": "三水",
                    "name_en": "Sanshui",
                    "lon": 112.88258,
                    "lat": 23.16233,
                    "distance_km": 27,
                    "confidence": "high",
                },
                {"station": "cr-zhaoqing", "distance_km": 60},
            ],
            "headway_min": {"am-peak": 30, "midday": 60},
            "source": f"{ASSUMED}; the plan names no line, the Guangmao line has the stations (Sanshui is opened again)",
        },
        {
            "type": "add-service",
            "line": "guangshen-conv",
            "name_en": "Suburban trains Foshan-Guangzhou East",
            "class": "conventional",
            "stops": [
                {"station": "cr-foshan"},
                {"station": "cr-guangzhou"},
                {"station": "cr-guangzhou-east"},
            ],
            "headway_min": {"am-peak": 30, "midday": 60},
            "source": f"{ASSUMED}; trains of the Guangzhou-Shenzhen line already run on to Foshan",
        },
    ],
    "bus_rail_link": [
        {
            "type": "set-access",
            "feeder_wait_min": 3,
            "source": f"{ASSUMED}; feeder buses timed to the trains wait 3 instead of 5 min",
        }
    ],
    "bus_extension": [
        {
            "type": "set-access",
            "feeder_max_km": 15,
            "source": f"{ASSUMED}; buses to nearby towns reach 15 instead of 12 km",
        }
    ],
    "border_bus_feeder": [
        {
            "type": "set-access",
            "feeder_kmh": 18,
            "source": f"{ASSUMED}; fast feeder lines run at 18 instead of 16 km/h",
        }
    ],
    "etc_promotion": [
        {
            "type": "set-parameter",
            "name": "toll_plaza_min",
            "value": 0.25,
            "source": f"{ASSUMED}; free flow at half of the plazas",
        }
    ],
    "city_gateways": [
        {
            "type": "set-congestion",
            "class": "connector",
            "scale": 0.95,
            "source": f"{ASSUMED}; ways into the cities lose a twentieth of their time",
        }
    ],
    "exp_jinggangao_widening": [
        {
            "type": "modify-road",
            "where": {"road": "G4N"},
            "links": ["G4N-1", "G4N-2", "G4N-3", "G4N-4", "G4N-5", "G4N-6"],
            "speed_factor": 1.1,
            "source": f"{ASSUMED}; ten lanes instead of six let traffic flow a tenth faster than on the old road",
        }
    ],
    "exp_guangkun_widening": [
        {
            "type": "modify-road",
            "where": {"road": "G80"},
            "speed_factor": 1.1,
            "source": f"{ASSUMED}; eight lanes instead of four let traffic flow a tenth faster than on the old road",
        }
    ],
}

#: Lines of the operator of the metro: stops are those of the metro where there is one.
METRO_STATIONS = {
    "fangcun_airport_intercity",
    "gzdong_huadu_intercity",
    "foshan_gz_dongguan_intercity",
    "nansha_zhuhai_zhongshan",
}

#: A national station of the facts in place of which the metro's own stop is meant.
METRO_STOP = {
    "cr-guangzhou-east": "gz-guangzhou-east-railway-station",
    "cr-guangzhou-baiyun": "gz-guangzhou-baiyun-railway-station",
    "cr-guangzhou-north": "gz-guangzhou-north-railway-station",
    "cr-baiyun-airport-north": "gz-airport-north-t2",
}

#: Cards whose trains run through from a line that is there: (line, its end).
EXTENDS = {
    "gz_metro8_north": ("gz-l8", "gz-jiaoxin"),
    "gz_metro8_east": ("gz-l8", "gz-wanshengwei"),
    "fangcun_airport_intercity": ("gz-l22", "gz-fangcun"),
    "gzdong_huadu_intercity": ("gz-l18", "gz-xiancun"),
}

#: Stops put before the facts' first one, to join the line to what it goes on from; track known or straight x 1.15.
BEFORE: dict[str, list[dict[str, Any]]] = {
    "gzdong_huadu_intercity": [{"station": "gz-xiancun"}],
    "yongzhou_qingyuan_gz_hsr": [{"station": "cr-guangzhou-baiyun"}],
    "zhuzhao_hsr_c_gaoming_zhaoqingdong": [
        {
            "station": "cr-fozhao",
            "name_zh": "佛肇",
            "name_en": "Fozhao (new airport)",
            "lon": 112.5697,
            "lat": 22.8743,
        }
    ],
}

#: Track from such a stop to the facts' first one, km: the link Guangzhou Baiyun-Guangzhou North.
FIRST_KM = {"yongzhou_qingyuan_gz_hsr": 21.7}

#: Stops put behind the facts' last one.
BEHIND: dict[str, list[dict[str, Any]]] = {"gz_heyuan_hsr": [{"station": "cr-guangzhou-baiyun"}]}

#: Metro stations that stand where another line's does, which the rule for rail stations does not join.
ONE_PLACE = {
    "foshan_gz_dongguan_intercity": ("metro-huangpuzhan", "gz-dashadong", "大沙东"),
    "fs_metro4": ("fs-sanshan-new-town-south", "fs-sanshan-new-town-south-tram", "三山新城南"),
}

#: Line cards of which the part with a position is under construction, and the rest is not.
PART_COMMITTED = {"gz_heyuan_hsr"}

#: Roads in parts: (first and last junction of the facts, length in km, speed, whether under construction or open).
ROAD_PARTS: dict[str, list[tuple[int, int, float | None, float, bool]]] = {
    # main line 70.9 km and airport branch of phase 1 (98.44 km) are building; phase 2 to Genghe is not
    "exp_zhaoming": [(1, 6, 70.9, 100, True), (6, 8, 27.5, 80, True), (8, 9, None, 100, False)],
    # Shitan-Baiyun is Huaguan Expressway, open since 2021 and in the tables; Baiyun-Sanshui opens in 2027
    "exp_huizhao": [(4, 6, None, 120, True), (6, 10, None, 120, False)],
    # phase 1 opened on 2025-01-25
    "rd_guangfo_bridge": [(1, 2, 1.3, 60, True), (2, 3, None, 60, False)],
}

#: Junctions that the facts say a new one meets, beside the nearest.
JOINS = {
    "exp_zhaoming-3": "s8_mugang",
    "exp_zhaoming-5": "baizhu",
}

#: Metro lines whose stops the facts have in fuller form than the card.
METRO_LINES = {
    "gz_metro8_north": "gz-l8-north-ext",
    "gz_metro8_branch": "gz-l8-north-branch",
    "gz_metro8_east": "gz-l8-east-ext",
    "fs_metro4": "fs-l4",
    "fs_metro11_hedong": "fs-l11",
}

#: Top speed of planned lines of which none is known, km/h.
SPEED_KMH = {"hsr": 350, "intercity": 160, "metro": 80}

#: Stations that closed before the line opens.
CLOSED = {"cr-baiyun-airport-south"}

#: Stops that no train is planned to call at.
NO_CALL = {"浸潭(越行站)", "江村西线路所", "火炬东(预留)", "普君北路(预留)"}

#: Cards that take trains from elsewhere when they are built.
MOVES_TRAINS = {"hub_gzbaiyun"}

NOTES = {
    "yongzhou_qingyuan_gz_hsr": "Trains are taken to go on from Guangzhou North to Guangzhou Baiyun over the link that is there.",
    "zhuzhao_hsr_c_gaoming_zhaoqingdong": "Trains are taken to run Fozhao-Gaoming-Zhaoqing East, so that the new airport has a train to Zhaoqing East.",
    "gz_heyuan_hsr": "The section from the airport to the junction Jiangcun West is building; trains are taken to go on to Guangzhou Baiyun.",
    "hub_new_airport": "Trains of the Guangzhou-Zhanjiang line that call here are added; those of today do not stop.",
    "exp_huizhao": "Zengcheng Shitan-Baiyun is Huaguan Expressway and in the tables already.",
    "gzdong_huadu_intercity": "Trains of line 18 run through, local and express, all stops here; Xiancun-Guangzhou East is taken to open with it (straight line x 1.15).",
    "fangcun_airport_intercity": "Trains of line 22 run through at its headway; Terminal 1 is closed and passed.",
    "gz_metro8_north": "Trains of line 8 run through at its headway and commercial speed; two stops have no position and are left out.",
    "gz_metro8_east": "Trains of line 8 run through at its headway and commercial speed.",
    "gz_gznan_link": "Trains are taken to run Guangzhou-Guangzhou South-Humen-Shenzhen North; which will be led through is not published.",
}
