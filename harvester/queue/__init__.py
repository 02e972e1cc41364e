"""The queue of hosts that many workers share, on PostgreSQL. The only room that knows Procrastinate.

It knows hosts by name and nothing else of ours; what is in it can be made again from the fires that are open.

schema.py         its tables, in a PostgreSQL schema of their own: no backup holds them
queue.py          put a host in, count, put back what dead workers held
hands.py          take hosts out, several at a time
"""
