from abeja_datasets.source_data import SourceData as SourceData
