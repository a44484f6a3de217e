"""The program for Dask of docs/cluster.md, as it stands there."""

import pytest
from tests.engines.conftest import Plans
from tests.test_docs import programs

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("default")  # Dask and what it imports warn of each other
def test_units_run_on_dask(plans: Plans) -> None:
    distributed = pytest.importorskip("distributed", reason="scripts/test-engines installs Dask")
    plan = plans.of(20, 20, 20)
    page = programs("cluster.md", "from dask.distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        results = page["run_on_dask"](plan.url, client, workers=2)
    assert [result.created for result in results] == [20, 20, 20]
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(60)]
