# Generated from openapi.yaml by scripts/generate; do not edit.
"""Contains endpoint functions for accessing the API"""
