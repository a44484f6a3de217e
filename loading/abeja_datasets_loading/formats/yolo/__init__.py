"""YOLO files."""
