"""The elements of a VOC file that an item holds otherwise than by their names."""

from typing import Final

FLAGS: Final = frozenset({"difficult", "truncated", "occluded"})
"""Children of an object that are numbers where the text is one."""
IGNORED: Final = frozenset({"filename", "folder", "path", "size", "object"})
"""Children of the annotation that an item holds otherwise; folder and path name the annotator's machine."""
OBJECT_KEYS: Final = frozenset({"name", "bndbox", "part", "polygon"})
"""Children of an object that its entry holds otherwise."""
SIZE: Final = ("width", "height", "depth")
"""Children of the size, in their order."""
