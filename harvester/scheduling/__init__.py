"""Schedules become Runs: when Sources are due, who leads, which fires are claimed, who does the work.

timing.py         when a Source is due; pure
"""
