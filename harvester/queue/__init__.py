"""The queue that many workers share, on PostgreSQL: hosts to harvest, WARC files to read again.

The only room that knows Procrastinate. It knows hosts and files by name and nothing else of ours. What is in it can be
made again: the hosts from the fires that are open, the files by asking for the replay once more.

schema.py         its tables, in a PostgreSQL schema of their own: no backup holds them
queue.py          put a host or files in, count, put back what dead workers held
hands.py          take jobs out, several at a time
"""
