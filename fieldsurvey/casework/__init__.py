"""Verbs on cases: plain functions (session, …, *, by, now). Permission, rule, change and audit stand in one place."""
