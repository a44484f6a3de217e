from abeja_datasets.models import *
