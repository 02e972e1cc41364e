"""The table of the desk's routes: the one place that says who may reach what, and what changes something."""

from harvester.model.account import Role
from harvester.serving.console.desk import audit, overview, signing_in
from harvester.serving.console.desk.route import Act, Look

ROUTES: tuple[Look | Act, ...] = (
    Look("begin", None, signing_in.show_begin),
    Act("begin", None, "begin", signing_in.begin),
    Look("login", None, signing_in.show_login),
    Act("login", None, "login", signing_in.login),
    Act("logout", Role.VIEWER, "logout", signing_in.logout),
    Look("password", Role.VIEWER, signing_in.show_password),
    Act("password", Role.VIEWER, "password", signing_in.change_password),
    Look("", Role.VIEWER, overview.show),
    Look("audit", Role.ADMIN, audit.show),
)
