"""The only room that knows the web framework: routes, and the server that answers them.

app.py            the application: health, readiness, metrics
metrics.py        figures for Prometheus, read from the tables
work.py           what the application asks about the rest of the process
server.py         the server, in a thread of its own
"""
