"""The command line: which verb has which name. Heavy libraries are imported by the verb that needs them."""

from __future__ import annotations

import typer

from onehour.verbs import feeds, judging, listing, own, pictures, planning, streets

app = typer.Typer(
    name="onehour",
    help="Does a metropolitan plan keep its one-hour promise, under which reading, and with what margin?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
gtfs = typer.Typer(
    name="gtfs", help="Exchange networks with other programs as GTFS feeds.", no_args_is_help=True
)
app.add_typer(gtfs)

region = typer.Typer(name="region", help="Make a region of your own.", no_args_is_help=True)
app.add_typer(region)

scenario = typer.Typer(name="scenario", help="Make a scenario of your own.", no_args_is_help=True)
app.add_typer(scenario)

exports = typer.Typer(name="export", help="Write a network for other programs.", no_args_is_help=True)
app.add_typer(exports)

roads = typer.Typer(name="streets", help="Real streets of OpenStreetMap for a region.", no_args_is_help=True)
app.add_typer(roads)

app.command("check")(judging.check_verb)
app.command("route")(judging.route_verb)
app.command("matrix")(judging.matrix_verb)
app.command("access")(judging.access_verb)
app.command("timeline")(planning.timeline_verb)
app.command("breakeven")(planning.breakeven_verb)
app.command("risk")(planning.risk_verb)
app.command("attribute")(planning.attribute_verb)
app.command("buildout")(planning.buildout_verb)
app.command("scenarios")(listing.scenarios_verb)
app.command("projects")(listing.projects_verb)
app.command("goals")(listing.goals_verb)
app.command("regions")(listing.regions_verb)
app.command("validate")(listing.validate_verb)
app.command("map")(pictures.map_verb)
app.command("isochrone")(pictures.isochrone_verb)
app.command("compare")(judging.compare_verb)
app.command("plot")(pictures.plot_verb)
app.command("report")(pictures.report_verb)
exports.command("network")(pictures.export_network_verb)
app.command("schema")(listing.schema_verb)
app.command("doctor")(listing.doctor_verb)
gtfs.command("export")(feeds.gtfs_export_verb)
gtfs.command("import")(own.gtfs_import_verb)
region.command("new")(own.region_new_verb)
scenario.command("new")(own.scenario_new_verb)
roads.command("load")(streets.load_verb)
roads.command("fetch")(streets.fetch_verb)
