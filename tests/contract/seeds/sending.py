"""Changes that break what callers send."""

from tests.contract.seeds.seed import (
    ALL,
    BULK,
    DATASET,
    DATASETS,
    ITEM,
    ITEMS,
    SENDING,
    SENDING_ATTRIBUTES,
    STRING,
    WITH_ITEM_ID,
    Seed,
    body,
    parameter,
    properties,
    rename_path,
    schema,
)

SENDING_BREAKS = {
    "an operation removed": Seed(SENDING, {"delete_dataset"}, lambda d: d["paths"][DATASET].pop("delete")),
    "a path renamed": Seed(SENDING, {"bulk_update_dataset_item"}, lambda d: rename_path(d, BULK, BULK + "/bulk")),
    "a parameter removed": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: d["paths"][ITEMS]["get"]["parameters"].pop(2),
        says="`limit` was removed",
    ),
    "a required parameter added": Seed(
        SENDING,
        {"list_datasets"},
        lambda d: d["paths"][DATASETS]["get"]["parameters"].append(
            {"name": "x", "in": "query", "required": True, "schema": STRING}
        ),
        says="`x` was added",
    ),
    "a parameter now required": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "q").update(required=True),
        says="`q` is now required",
    ),
    "a parameter moved to a header": Seed(
        SENDING, {"list_dataset_items"}, lambda d: parameter(d, ITEMS, "q").update({"in": "header"})
    ),
    "a parameter's maximum lowered": Seed(
        SENDING,
        {"list_datasets"},
        lambda d: parameter(d, DATASETS, "max_results")["schema"].update(maximum=100),
        says="from 1000 to 100",
    ),
    "a parameter's type changed": Seed(
        SENDING,
        {"list_datasets"},
        lambda d: parameter(d, DATASETS, "next_token").update(schema={"type": "integer"}),
        says="`type`",
    ),
    "a parameter's minLength raised": Seed(
        SENDING,
        ALL,
        lambda d: d["components"]["parameters"]["OrganizationId"]["schema"].update(minLength=2),
        says="`minLength` changed from 1 to 2",
    ),
    "a parameter's style changed": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "q").update(style="pipeDelimited"),
        says="`style`",
        example=False,
    ),
    "a path parameter narrowed to 32 bits": Seed(
        SENDING, WITH_ITEM_ID, lambda d: d["components"]["parameters"]["DatasetItemId"]["schema"].update(format="int32")
    ),
    "maxLength tightened": Seed(
        SENDING, {"create_dataset"}, lambda d: schema(d, "DatasetName").update(maxLength=100), says="from 255 to 100"
    ),
    "a pattern added": Seed(
        SENDING, {"create_dataset"}, lambda d: schema(d, "DatasetType").update(pattern="^[a-z]+$"), says="pattern"
    ),
    "a value excluded": Seed(
        SENDING, {"create_dataset"}, lambda d: schema(d, "DatasetName").update({"not": {"const": "admin"}}), says="not"
    ),
    "a condition added": Seed(
        SENDING,
        {"create_dataset"},
        lambda d: schema(d, "CreateDatasetRequest").update(
            {"if": {"properties": {"type": {"const": "detection"}}}, "then": {"required": ["owner"]}}
        ),
        says="`if`",
    ),
    "a format added": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: properties(d, "SourceData")["data_uri"].update(format="uri"),
        says="format",
    ),
    "an enum added": Seed(
        SENDING,
        {"create_dataset"},
        lambda d: schema(d, "DatasetType").update(enum=["classification", "detection"]),
        says="enum",
    ),
    "an enum value of a parameter removed": Seed(
        SENDING,
        {"list_dataset_items"},
        lambda d: parameter(d, ITEMS, "order")["schema"]["enum"].remove("down"),
        says='value "down" removed',
    ),
    "a parameter of one value taken another": Seed(
        SENDING, {"list_dataset_items"}, lambda d: parameter(d, ITEMS, "kind").update(schema={"const": "other"})
    ),
    "a property newly required": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: schema(d, "CreateDatasetItemRequest").update(required=["source_data", "attributes"]),
        says="`attributes` is now required",
    ),
    "a nested property newly required": Seed(
        SENDING,
        {"create_dataset"},
        lambda d: schema(d, "Label").update(required=["label_id", "label"]),
        says="`label` is now required",
    ),
    "a new required property": Seed(
        SENDING,
        {"update_dataset_item"},
        lambda d: (
            properties(d, "UpdateDatasetItemRequest").update(reason=STRING),
            schema(d, "UpdateDatasetItemRequest")["required"].append("reason"),
        ),
        says="`reason` is now required",
    ),
    "a request property removed": Seed(
        SENDING,
        SENDING_ATTRIBUTES,
        lambda d: properties(d, "Attributes").pop("video"),
        says="`video` was removed",
    ),
    "a deep request property removed": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: properties(d, "SourceData").pop("height"),
        says="`height` was removed",
    ),
    "a request property's type changed": Seed(
        SENDING,
        SENDING_ATTRIBUTES,
        lambda d: properties(d, "Rect").update(xmin={"type": "integer"}),
        says="`type` changed",
    ),
    "null no longer taken": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: properties(d, "CreateDatasetItemRequest").update(
            attributes={"$ref": "#/components/schemas/Attributes"}
        ),
    ),
    "an alternative of a request removed": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: properties(d, "CreateDatasetItemRequest")["attributes"]["oneOf"].pop(1),
        says="alternative",
    ),
    "a request object closed": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: (
            schema(d, "SourceData").update(additionalProperties=False),
            properties(d, "SourceData").pop("width"),
        ),
    ),
    "minItems raised": Seed(
        SENDING, {"create_dataset_item"}, lambda d: schema(d, "SourceDataList").update(minItems=2), says="minItems"
    ),
    "maxItems added": Seed(
        SENDING, {"create_dataset_item"}, lambda d: schema(d, "SourceDataList").update(maxItems=10), says="maxItems"
    ),
    "uniqueItems added": Seed(
        SENDING,
        {"bulk_update_dataset_item"},
        lambda d: body(d, BULK, "put")["content"]["application/json"]["schema"].update(uniqueItems=True),
        says="uniqueItems",
    ),
    "a minimum raised": Seed(
        SENDING,
        {"create_dataset"} | SENDING_ATTRIBUTES,
        lambda d: schema(d, "CategoryId").update(minimum=1),
        says="minimum",
    ),
    "a free request value fixed to a type": Seed(
        SENDING, SENDING_ATTRIBUTES, lambda d: properties(d, "Attributes")["segmentation"].update(type="array")
    ),
    "a property made read-only": Seed(
        SENDING,
        {"create_dataset_item"},
        lambda d: properties(d, "SourceData")["width"].update(readOnly=True),
        says="read-only",
    ),
    "a request media type removed": Seed(
        SENDING,
        {"create_dataset"},
        lambda d: body(d, DATASETS, "post").update(
            content={"text/json": body(d, DATASETS, "post")["content"]["application/json"]}
        ),
        says="application/json",
    ),
    "a request body removed": Seed(
        SENDING,
        {"update_dataset_item"},
        lambda d: d["paths"][ITEM]["put"].pop("requestBody"),
        says="body was removed",
    ),
    "a required request body added": Seed(
        SENDING,
        {"delete_dataset_item"},
        lambda d: d["paths"][ITEM]["delete"].update(requestBody={"required": True, "content": {}}),
        says="required request body",
    ),
    "a security alternative removed": Seed(SENDING, ALL, lambda d: d["security"].pop(0), says="`basic`"),
    "security now both": Seed(SENDING, ALL, lambda d: d.update(security=[{"basic": [], "bearer": []}])),
    "a security scheme changed": Seed(
        SENDING,
        ALL,
        lambda d: d["components"]["securitySchemes"].update(bearer={"type": "apiKey", "in": "header", "name": "X-Key"}),
        says="no longer accepted",
    ),
    "a server moved": Seed(
        SENDING,
        set(),
        lambda d: d["servers"][0].update(url="https://api2.abeja.io"),
        says="https://api.abeja.io was removed",
        example=False,
    ),
}
