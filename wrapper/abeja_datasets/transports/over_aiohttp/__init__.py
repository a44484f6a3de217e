"""Sending over aiohttp, the extra `fast`."""
