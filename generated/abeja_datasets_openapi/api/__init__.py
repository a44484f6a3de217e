# Generated from openapi.yaml by scripts/generate; do not edit.
"""Contains methods for accessing the API"""
