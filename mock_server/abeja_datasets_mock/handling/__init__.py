"""What handles operations whose work is long, or is common to several."""
