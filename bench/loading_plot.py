"""Draw the figures of `loading.py`: `python loading_plot.py FILE`, with the figures as JSON on stdin.

It needs matplotlib alone, which has an environment of its own (bench/.peers/matplotlib/).
"""

import json
import sys
from typing import Any, Final

OURS: Final = "#1f6feb"
PEER: Final = "#9aa4b2"


def main(path: str) -> None:
    """Draw the speed, the CPU time, the rate with latency, and the memory."""
    import matplotlib as mpl  # type: ignore[import-not-found]  # of an environment of its own

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figures = json.load(sys.stdin)
    figure, ((speed, cpu), (latency, memory)) = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    _bars(speed, "creates a second", figures["creates a second"])
    _bars(cpu, "CPU of the client, microseconds a create", figures["CPU of the client, microseconds a create"])
    _curve(latency, figures["with latency"])
    _bars(memory, "peak memory of a run, MiB", figures["peak memory in MiB"])
    figure.savefig(path, dpi=110)


def _bars(axes: Any, title: str, values: dict[str, float]) -> None:
    names = list(values)[::-1]
    has_peers = any(name.startswith("ours") for name in names)
    colors = [PEER if has_peers and not name.startswith("ours") else OURS for name in names]
    axes.bar_label(axes.barh(names, [values[name] for name in names], color=colors), padding=3, fmt="{:,.0f}")
    axes.set_title(title)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)


def _curve(axes: Any, figures: dict[str, Any]) -> None:
    seconds, rates = zip(*figures["creates a second, over time"], strict=True)
    axes.plot(seconds, rates, color=OURS, label="ours")
    axes.axhline(figures["ideal"], color="black", linestyle=":", label="ideal")
    axes.axhline(figures["bare aiohttp"], color=PEER, label="bare aiohttp")
    axes.axvline(figures["seconds to settle"], color=PEER, linewidth=0.5)
    axes.set_title(f"creates a second, {figures['latency in ms']:.0f} ms of latency")
    axes.set_xlabel("seconds from the start")
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right")


if __name__ == "__main__":
    main(*sys.argv[1:])
