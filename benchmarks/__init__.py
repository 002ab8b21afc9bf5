"""Measurements that take minutes, each a command; docs/performance.md holds what they gave."""
