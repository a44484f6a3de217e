"""`close_idle`: a server that closes a connection that a client keeps."""

from dataclasses import dataclass

from abeja_datasets_mock.faults.effects import Between


@dataclass(frozen=True, slots=True)
class Kind(Between):
    """The connection is closed, which every kind between two requests does."""

    name = "close_idle"
    does = "closes the connection after the response, without notice"
    soak = ({"close_idle": True, "probability": 0.01},)
