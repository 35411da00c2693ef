"""Stands in for Keras: see the README beside."""
