"""Changes that break what callers read, or the generated code."""

from tests.contract.seeds.seed import (
    ALL,
    DATASET,
    DATASETS,
    GENERATED,
    READING,
    STRING,
    WITH_DATASET,
    WITH_ITEM,
    Seed,
    properties,
    response,
    schema,
)

READING_BREAKS = {
    "a status added": Seed(
        READING,
        {"create_dataset"},
        lambda d: d["paths"][DATASETS]["post"]["responses"].update({"409": response(d, DATASETS, "post", "400")}),
        says="response 409 was added",
    ),
    "a response property no longer required": Seed(
        READING,
        WITH_DATASET,
        lambda d: schema(d, "Dataset")["required"].remove("props"),
        says="`props` is no longer always there",
    ),
    "a required response property removed": Seed(
        READING,
        {"get_dataset"},
        lambda d: (
            schema(d, "DatasetWithCount")["allOf"][1]["properties"].pop("total_count"),
            schema(d, "DatasetWithCount")["allOf"][1].pop("required"),
        ),
        says="`total_count`",
    ),
    "a response property may be null": Seed(
        READING,
        {"list_dataset_items"},
        lambda d: properties(d, "DatasetItemPage")["total_count"].update(type=["integer", "null"]),
        says="null",
    ),
    "a response's type widened": Seed(
        READING,
        {"list_dataset_items"},
        lambda d: properties(d, "DatasetItemPage")["total_count"].update(type="number"),
        says="`type`",
    ),
    "a response's pattern dropped": Seed(READING, ALL, lambda d: schema(d, "Timestamp").pop("pattern"), says="pattern"),
    "a response's bound dropped": Seed(
        READING,
        {"list_dataset_items"},
        lambda d: properties(d, "DatasetItemPage")["total_count"].pop("minimum"),
        says="minimum",
    ),
    "an alternative of a response added": Seed(
        READING,
        WITH_ITEM,
        lambda d: properties(d, "ResponseAttributes")["classification"]["oneOf"].append(STRING),
        says="alternative",
    ),
    "a response is now an object": Seed(
        READING,
        {"list_datasets"},
        lambda d: response(d, DATASETS, "get", "200")["content"]["application/json"].update(
            schema={"type": "object", "properties": {"datasets": {"type": "array"}}}
        ),
        says="type",
    ),
    "a response's media type changed": Seed(
        READING,
        {"get_dataset"},
        lambda d: response(d, DATASET, "get", "200").update(
            content={"text/xml": response(d, DATASET, "get", "200")["content"]["application/json"]}
        ),
        says="application/json",
    ),
    "a required header removed": Seed(
        READING,
        ALL,
        lambda d: d["components"]["responses"]["Unauthorized"].pop("headers"),
        says="WWW-Authenticate",
    ),
    "a header no longer required": Seed(
        READING,
        ALL,
        lambda d: d["components"]["responses"]["Unauthorized"]["headers"]["WWW-Authenticate"].update(required=False),
    ),
    "a header may be empty": Seed(
        READING,
        {"list_datasets"},
        lambda d: response(d, DATASETS, "get", "200")["headers"]["X-Next-Token"]["schema"].pop("minLength"),
        says="minLength",
    ),
    "an operationId moved": Seed(
        GENERATED,
        {"fetch_dataset"},
        lambda d: d["paths"][DATASET]["get"].update(operationId="fetch_dataset"),
        says="operationId",
        example=False,
    ),
    "a first tag moved": Seed(
        GENERATED,
        {"get_dataset"},
        lambda d: d["paths"][DATASET]["get"].update(tags=["things"]),
        says="tag",
        example=False,
    ),
}
