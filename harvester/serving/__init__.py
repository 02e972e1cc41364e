"""The only room that knows the web framework: routes, and the server that answers them.

app.py            the application: health and readiness
server.py         the server, in a thread of its own
"""
