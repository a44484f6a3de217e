"""Lets the tests of this folder import its helper modules, by their path from the root."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
