"""The documented name of `abeja_datasets.exceptions`."""

from abeja_datasets.documented_names import stand_in

stand_in(__name__)
