"""Schedules become Runs: when Sources are due, who leads, which fires are claimed, who does the work.

timing.py         when a Source is due; pure
plan.py           one Source's Schedule as it stands: file, operator, what follows; pure
leadership.py     which of several processes claims fires
scheduler.py      claims what is due, looks after what was left behind
engine.py         the seam: whoever turns a fire into work
pool.py           the engine within one process, Runs as its children
fleet.py          the engine over many machines: hosts in a queue
worker.py         takes hosts and replays out of that queue
harvesting.py     one fire worked on, for pool and worker alike
replaying.py      one WARC file read again, for a worker
seeds.py          the Sources as their files say now
service.py        the loop of a process that schedules
clock.py          the two clocks
"""
