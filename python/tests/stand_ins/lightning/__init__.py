"""Stands in for Lightning: see the README beside."""
