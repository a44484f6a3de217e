"""Changes that break nobody, with what is said of them."""

from tests.contract.seeds.seed import (
    ALL,
    CHECK,
    DATASET,
    DATASETS,
    GENERATED,
    ITEMS,
    READING,
    SENDING,
    SENDING_ATTRIBUTES,
    STRING,
    WITH_DATASET,
    WITH_ITEM,
    Seed,
    body,
    parameter,
    properties,
    rename_component,
    rename_path_parameter,
    response,
    schema,
)

COMPATIBLE = {
    "an operation added": Seed(
        SENDING,
        {"purge"},
        lambda d: d["paths"][DATASETS].update(
            delete={"operationId": "purge", "responses": {"204": {"description": "Purged."}}}
        ),
        "compatible",
    ),
    "an optional parameter added": Seed(
        SENDING,
        {"list_datasets"},
        lambda d: d["paths"][DATASETS]["get"]["parameters"].append({"name": "x", "in": "query", "schema": STRING}),
        "compatible",
    ),
    "an optional request property added": Seed(
        SENDING, {"create_dataset"}, lambda d: properties(d, "CreateDatasetRequest").update(note=STRING), "compatible"
    ),
    "an optional response property added": Seed(
        READING, WITH_DATASET, lambda d: properties(d, "Dataset").update(note=STRING), "compatible"
    ),
    "an optional property added on both sides": Seed(
        SENDING, WITH_ITEM, lambda d: properties(d, "SourceData").update(size={"type": "integer"}), "compatible"
    ),
    "a required response property added": Seed(
        READING,
        WITH_DATASET,
        lambda d: (properties(d, "Dataset").update(note=STRING), schema(d, "Dataset")["required"].append("note")),
        "compatible",
    ),
    "a maximum of a request raised": Seed(
        CHECK,
        {"list_datasets"},
        lambda d: parameter(d, DATASETS, "max_results")["schema"].update(maximum=2000),
        "compatible",
    ),
    "an enum value of a parameter added": Seed(
        CHECK,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "order")["schema"]["enum"].append("none"),
        "compatible",
        'value "none" added',
    ),
    "a response's media type added": Seed(
        READING,
        {"get_dataset"},
        lambda d: response(d, DATASET, "get", "200")["content"].update({"application/cbor": {}}),
        "warning",
        "may now come as application/cbor",
    ),
    "a security scheme removed that nothing asks for": Seed(
        GENERATED,
        set(),
        lambda d: d["components"]["securitySchemes"].pop("spare"),
        "compatible",
        "spare was removed",
    ),
    "an optional header removed": Seed(
        READING,
        {"list_datasets"},
        lambda d: response(d, DATASETS, "get", "200")["headers"].pop("X-Next-Token"),
        "warning",
        "X-Next-Token",
    ),
    "a request property no longer required": Seed(
        CHECK,
        {"create_dataset"},
        lambda d: schema(d, "CreateDatasetRequest").update(required=["name", "type"]),
        "compatible",
    ),
    "a security alternative added": Seed(
        SENDING,
        ALL,
        lambda d: (
            d["components"]["securitySchemes"].update(key={"type": "apiKey", "in": "header", "name": "X-Key"}),
            d["security"].append({"key": []}),
        ),
        "compatible",
    ),
    "a response removed": Seed(
        CHECK, {"get_dataset"}, lambda d: d["paths"][DATASET]["get"]["responses"].pop("500"), "compatible"
    ),
    "a header added": Seed(
        READING,
        {"list_datasets"},
        lambda d: response(d, DATASETS, "get", "200")["headers"].update({"X-Total": {"schema": STRING}}),
        "compatible",
    ),
    "a response narrowed": Seed(
        CHECK,
        {"list_dataset_items"},
        lambda d: properties(d, "DatasetItemPage")["next_page_token"].update(maxLength=100),
        "compatible",
    ),
    "a bound on what no one described": Seed(
        CHECK, SENDING_ATTRIBUTES, lambda d: schema(d, "Attributes").update(maxProperties=10), "compatible"
    ),
    "a request media type added": Seed(
        SENDING,
        {"create_dataset"},
        lambda d: body(d, DATASETS, "post")["content"].update({"application/cbor": {}}),
        "compatible",
    ),
    "a request body no longer required": Seed(
        SENDING, {"create_dataset"}, lambda d: body(d, DATASETS, "post").update(required=False), "compatible"
    ),
    "an enum value added to a response": Seed(
        READING,
        {"get_dataset"},
        lambda d: schema(d, "DatasetWithCount")["allOf"][1]["properties"]["state"]["enum"].append("gone"),
        "warning",
        "gone",
    ),
    "an enum value removed from a response": Seed(
        CHECK,
        {"get_dataset"},
        lambda d: schema(d, "DatasetWithCount")["allOf"][1]["properties"]["state"]["enum"].pop(),
        "compatible",
    ),
    "an optional response property removed": Seed(
        READING, {"list_dataset_items"}, lambda d: properties(d, "DatasetItemPage").pop("next_page_token"), "warning"
    ),
    "a success status removed": Seed(
        READING, {"create_dataset"}, lambda d: d["paths"][DATASETS]["post"]["responses"].pop("200"), "warning"
    ),
    "a default changed": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "limit")["schema"].update(default=50),
        "warning",
        "default",
    ),
    "an operation deprecated": Seed(
        SENDING,
        {"delete_dataset"},
        lambda d: d["paths"][DATASET]["delete"].update(deprecated=True),
        "warning",
        "deprecated",
    ),
    "a parameter deprecated": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "q").update(deprecated=True),
        "warning",
        "deprecated",
    ),
    "a property deprecated": Seed(
        SENDING,
        WITH_DATASET,
        lambda d: properties(d, "Dataset")["type"].update(deprecated=True),
        "warning",
        "deprecated",
    ),
    "a server added": Seed(SENDING, set(), lambda d: d["servers"].append({"url": "https://eu.abeja.io"}), "compatible"),
    "a path parameter renamed": Seed(
        GENERATED, ALL - {"list_datasets", "create_dataset"}, rename_path_parameter, "warning", "is now called `id`"
    ),
    "a component renamed": Seed(GENERATED, set(), lambda d: rename_component(d, "Rect", "Box"), "warning", "Rect"),
    "a description changed": Seed(
        SENDING, WITH_DATASET - {"get_dataset"}, lambda d: schema(d, "Dataset").update(description="New words."), "docs"
    ),
    "an operation's summary changed": Seed(
        SENDING, {"get_dataset"}, lambda d: d["paths"][DATASET]["get"].update(summary="New words"), "docs"
    ),
    "a parameter's description changed": Seed(
        SENDING, ALL, lambda d: d["components"]["parameters"]["OrganizationId"].update(description="New words."), "docs"
    ),
    "an example changed": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "q")["examples"]["documented"].update(value="tag:B"),
        "docs",
    ),
}
