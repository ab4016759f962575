"""Every departure on feeds of our own, against a plain connection scan."""

from datetime import date

import numpy as np
import pytest

from network.gtfs.export import Imprint, feed_tables
from network.testing import diamond_region, hub_region, line_region
from onehour.gtfs import write_tables
from tests.gtfs.departures import check_departures

IMPRINT = Imprint(version="v1", first_day=date(2030, 1, 1), last_day=date(2030, 12, 31))


@pytest.mark.parametrize("arrive_by", [False, True])
@pytest.mark.parametrize("make", [line_region, hub_region, diamond_region])
def test_every_departure_on_an_exported_feed(make, arrive_by, tmp_path):
    region = make()
    services = region.services
    for column in services.columns[services.columns.str.startswith("headway_")]:
        services[column] = np.nan
    services.loc[services["departures"] == "", "departures"] = "07:03 07:20 07:51 08:11"
    file = tmp_path / "feed.zip"
    write_tables(feed_tables(region.replace(tables={"services": services}), IMPRINT), file)
    many = check_departures(
        [file], "2030-01-07", ("07:00", "07:40"), many=4, arrive_by=arrive_by, walk_m=20_000, max_min=300
    )
    assert many >= 3 * 40
