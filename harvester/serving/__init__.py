"""The only room that knows the web framework: routes, and the server that answers them.

app.py            the application: health, readiness, metrics, and the routers of other rooms
readers/          readers' pages by signed links, sign-ups, feeds
metrics.py        figures for Prometheus, read from the tables
work.py           what the application asks about the rest of the process
server.py         the server, in a thread of its own
"""
