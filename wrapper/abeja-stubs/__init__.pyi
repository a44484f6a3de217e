# Of `abeja` itself, which is abeja-sdk's where that is installed. Without these lines mypy would report what its users
# rightly import from `abeja`: it takes the parent of a stubbed module for typed, and this one has no explicit exports.
from typing import Any

VERSION: str
Tracking: Any
tracking: Any
base_client: Any
common: Any
contrib: Any
datalake: Any
deployments: Any
endpoints: Any
models: Any
notebook: Any
opsbeellm: Any
registry: Any
runs: Any
secret: Any
secret_version: Any
security: Any
services: Any
train: Any
training: Any
triggers: Any
user: Any
version: Any
