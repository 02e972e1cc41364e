"""The table of the desk's routes: the one place that says who may reach what, and what changes something."""

from harvester.model.account import Role
from harvester.serving.console.desk import accounts, adding, alerts, audit, overview, runs, signing_in, sources
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
    Look("sources", Role.VIEWER, sources.show_all),
    Look("sources/{source_id}", Role.VIEWER, sources.show),
    Act("sources/{source_id}/run", Role.OPERATOR, "run_now", sources.run_now),
    Act("sources/{source_id}/pause", Role.OPERATOR, "pause", sources.pause),
    Act("sources/{source_id}/resume", Role.OPERATOR, "resume", sources.resume),
    Look("new-source", Role.OPERATOR, adding.show),
    Act("new-source", Role.OPERATOR, "try_page", adding.try_url),
    Act("new-source/save", Role.OPERATOR, "add_source", adding.save),
    Look("runs", Role.VIEWER, runs.show_all),
    Look("runs/{run_id}", Role.VIEWER, runs.show),
    Look("runs/{run_id}/live", Role.VIEWER, runs.follow),
    Act("runs/{run_id}/stop", Role.OPERATOR, "stop", runs.stop),
    Look("alerts", Role.VIEWER, alerts.show),
    Act("alerts/{alert_id}/pause", Role.OPERATOR, "alert_pause", alerts.pause),
    Act("alerts/{alert_id}/resume", Role.OPERATOR, "alert_resume", alerts.resume),
    Act("readers/{reader_id}/lift", Role.ADMIN, "lift", alerts.lift),
    Act("readers/allow", Role.ADMIN, "allow", alerts.allow),
    Look("accounts", Role.ADMIN, accounts.show),
    Act("accounts", Role.ADMIN, "account_add", accounts.add),
    Act("accounts/{name}/role", Role.ADMIN, "account_role", accounts.set_role),
    Act("accounts/{name}/disable", Role.ADMIN, "account_disable", accounts.disable),
    Act("accounts/{name}/enable", Role.ADMIN, "account_enable", accounts.enable),
    Look("audit", Role.ADMIN, audit.show),
)
