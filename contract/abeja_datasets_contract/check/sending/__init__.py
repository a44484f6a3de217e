"""Sending of requests, within the limits of a run."""
