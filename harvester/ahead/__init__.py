"""Pages of the spool read by a process of its own, a segment at a time, for the Run that stores what was read.

It imports extraction and the spool, and knows neither settings nor the database.
"""
