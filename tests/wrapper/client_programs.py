"""Programs of the kinds that people have written over abeja-sdk's `Client`; each is run as it stands."""

from typing import Final

UPLOAD_CLASSES: Final = '''
"""Uploads a folder of images, one folder for each class (CIFAR)."""
import os
from abeja.datasets import Client

CLASSES = ["airplane", "bird", "cat"]
client = Client(organization_id=os.environ["ORGANIZATION"], credential={
    "auth_token": os.environ["TOKEN"]})
category = {
    "labels": [{"label_id": number, "label": name} for number, name in enumerate(CLASSES)],
    "category_id": 0,
    "name": "cifar",
}
dataset = client.datasets.create(name="cifar", type="classification", props={"categories": [category]})
dataset_items = dataset.dataset_items
for number, name in enumerate(CLASSES):
    for file in sorted(os.listdir(os.path.join("cifar", name))):
        source_data = [{"data_type": "image/png", "data_uri": "datalake://1200000000001/" + file}]
        attributes = {"classification": [{"category_id": 0, "label_id": number}], "id": file}
        dataset_items.create(source_data=source_data, attributes=attributes)
print(dataset.dataset_id)
'''

UPLOAD_BOXES: Final = '''
"""Uploads detection annotations in the form of Pascal VOC."""
import glob
import xml.etree.ElementTree as ET
from abeja.datasets import Client

client = Client()
names = {"dog": 1, "person": 2}
props = {"categories": [{"labels": [{"label_id": n, "label": name} for name, n in names.items()],
                         "category_id": 1, "name": "VOC"}]}
dataset = client.datasets.create("voc", "detection", props)
for path in sorted(glob.glob("voc/Annotations/*.xml")):
    root = ET.parse(path).getroot()
    detection = []
    for each in root.iter("object"):
        box = each.find("bndbox")
        rect = {corner: int(box.find(corner).text) for corner in ("xmin", "ymin", "xmax", "ymax")}
        detection.append({"category_id": 1, "label_id": names[each.find("name").text], "rect": rect})
    size = root.find("size")
    source = {"data_uri": "datalake://1200000000001/" + root.find("filename").text, "data_type": "image/jpeg",
              "height": int(size.find("height").text), "width": int(size.find("width").text)}
    item = dataset.dataset_items.create([source], {"detection": detection})
    assert item.dataset_item_id is not None
print(dataset.dataset_id)
'''

UPLOAD_MASKS: Final = '''
"""Uploads segmentation annotations in the form of COCO, beside those that are there already."""
import json
import sys
from abeja.datasets import Client
from abeja.exceptions import BadRequest

client = Client("{organization}", None, 30)
with open("coco/instances.json") as file:
    coco = json.load(file)
props = {{"categories": [{{"category_id": 1, "name": "coco", "labels": [
    {{"label_id": one["id"], "label": one["name"]}} for one in coco["categories"]]}}]}}
dataset = client.datasets.create("coco", "segmentation", props)
try:
    client.datasets.create("coco", "segmentation", props)
except BadRequest:
    pass
else:
    sys.exit("a name was taken twice")
for image in coco["images"]:
    found = [one for one in coco["annotations"] if one["image_id"] == image["id"]]
    dataset.dataset_items.create(
        source_data=[{{"data_type": "image/jpeg", "data_uri": "datalake://1200000000001/" + image["file_name"]}}],
        attributes={{
            "segmentation": [{{"label_id": one["category_id"], "points": one["segmentation"]}} for one in found],
            "detection": [{{"category_id": 1, "label_id": one["category_id"], "rect": dict(
                zip(("xmin", "ymin", "xmax", "ymax"), one["bbox"]))}} for one in found],
        }},
    )
print([each.dataset_id for each in client.datasets.list() if each.name == "coco"][0])
'''

TRAIN: Final = '''
"""Reads all items with their content, shuffles them and splits them, as a training program does."""
import random
import sys
from array import array
from typing import List
from abeja.datasets import Client
from abeja.datasets.dataset_item import DatasetItem

def load_dataset_from_api(dataset_id: str) -> List[DatasetItem]:
    client = Client()
    dataset = client.get_dataset(dataset_id)
    return list(dataset.dataset_items.list(prefetch=True))

dataset = Client().get_dataset(sys.argv[1])
labels = {one["label_id"]: one["label"] for one in dataset.props["categories"][0]["labels"]}
items = load_dataset_from_api(sys.argv[1])
assert len(items) == dataset.total_count
random.shuffle(items)
train, test = items[: len(items) * 8 // 10], items[len(items) * 8 // 10 :]
images, classes = [], []
for item in train + test:
    images.append(array("B", item.source_data[0].get_content(cache=False)))
    classes.append(item.attributes["classification"][0]["label_id"])
pairs = sorted((image.tobytes().decode(), labels[each]) for image, each in zip(images, classes))
print(*(f"{image}:{label}" for image, label in pairs))
'''

TRAIN_IN_PROCESSES: Final = '''
"""Loads content in worker processes, to which the items are pickled one by one."""
import multiprocessing
import sys
from abeja.datasets import Client

def load(item):
    source = item.source_data[0]
    return source.get_content().decode(), item.attributes["classification"][0]["label_id"], source.type

if __name__ == "__main__":
    client = Client()
    items = list(client.get_dataset(sys.argv[1]).dataset_items.list())
    with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
        found = pool.map(load, items, chunksize=1)
    print(*sorted(f"{content}:{label}:{kind}" for content, label, kind in found))
'''

FETCH_IN_THREADS: Final = '''
"""Iterates with prefetch, and skips what can't be downloaded."""
import sys
from concurrent.futures import ThreadPoolExecutor
from abeja.datasets import Client

dataset_items = Client().get_dataset(sys.argv[1]).dataset_items
found = []
for item in dataset_items.list(prefetch=True):
    try:
        found.append(item.source_data[0].get_content().decode())
    except OSError:
        found.append("skipped")
with ThreadPoolExecutor(4) as pool:
    again = list(pool.map(lambda item: item.source_data[0].get_text(), dataset_items.list()))
assert again == found
print(*found)
'''

VIEW: Final = '''
"""Shows an item, corrects a label, and looks again."""
import sys
from abeja.datasets import Client

client = Client()
dataset = client.get_dataset(dataset_id=sys.argv[1])
names = {one["label_id"]: one["label"] for one in dataset.props["categories"][0]["labels"]}
iterator = dataset.dataset_items.list(prefetch=False)
first = next(iterator)
item = dataset.dataset_items.get(first.dataset_item_id)
for box in item.attributes["detection"]:
    rect = box["rect"]
    print(names[box["label_id"]], rect["xmax"] - rect["xmin"], rect["ymax"] - rect["ymin"])
print(item.source_data[0].height, item.source_data[0].uri, len(list(iterator)))
item.attributes["detection"][0]["label_id"] = 2
item.attributes["checked"] = True
dataset.dataset_items.update(item.dataset_item_id, item.attributes)
dataset.dataset_items.bulk_update([{"dataset_item_id": item.dataset_item_id, "attributes": item.attributes}])
assert dataset.dataset_items.get(item.dataset_item_id).attributes == item.attributes
copied = item.asdict()
dataset.dataset_items.create(copied["source_data"], copied["attributes"])
print("<svg" in item._repr_html_(), "the first page" in dataset._repr_html_())
dataset.dataset_items.delete(item.dataset_item_id)
print(client.datasets.delete(dataset.dataset_id).name)
'''

MIX: Final = '''
"""Uses abeja-sdk's client of the Data Lake, and the datasets, in one program."""
import sys
from abeja.datalake import Client as DatalakeClient
from abeja.datasets import Client as DatasetClient
from abeja.exceptions import NotFound

datalake = DatalakeClient()
client = DatasetClient()
print(sum(1 for _ in client.get_dataset(sys.argv[1]).dataset_items.list(prefetch=True)))
try:
    client.get_dataset("1")
except NotFound as error:
    print(type(error).__module__, type(datalake).__module__)
'''
