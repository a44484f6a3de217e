"""Safety on a live server: what a run changes, and what it leaves."""
