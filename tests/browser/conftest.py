"""These tests need Chromium, so only scripts/test-browser runs them."""

import os

collect_ignore_glob = [] if os.environ.get("ABEJA_DATASETS_BROWSER") else ["*"]
