"""Values of annotation files: JSON, numbers, boxes, ids and labels."""
