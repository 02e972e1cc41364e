"""The only room that knows the web framework: routes, and the server that answers them.

app.py            the application: health, readiness, metrics, and the routers of the rooms
api/              the HTTP API, version 1
oai/              OAI-PMH 2.0
console/          pages for people
readers/          readers' pages by signed links, sign-ups, feeds
problems.py       every error as a problem (RFC 9457)
limits.py         what a request may cost; connections.py: what a connection may
metrics.py        figures for Prometheus, read from the tables
work.py           what the application asks about the rest of the process
server.py         the server, in a thread of its own
"""
