from abeja_datasets.exceptions import *
