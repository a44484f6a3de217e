from abeja_datasets.typed_dicts import *
