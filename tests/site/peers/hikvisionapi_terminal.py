"""PyPI hikvisionapi 0.3.2 opens a door and reads a simulated terminal. Arguments: URL, user, password."""
import json
import sys

from hikvisionapi import Client

url, user, password = sys.argv[1:4]
client = Client(url, user, password, timeout=5)

info = client.System.deviceInfo(method="get")["DeviceInfo"]
print("device", info["model"], info["serialNumber"])

body = "<RemoteControlDoor><cmd>open</cmd></RemoteControlDoor>"
answer = client.AccessControl.RemoteControl.door[1](method="put", data=body)["ResponseStatus"]
print("door", answer["statusString"])

query = {"AcsEventCond": {"searchID": "peer", "searchResultPosition": 0, "maxResults": 30, "major": 0, "minor": 0}}
page = client.AccessControl.AcsEvent(
    method="post", params={"format": "json"}, data=json.dumps(query), present="text"
)
found = json.loads(page)["AcsEvent"]
print("log", found["responseStatusStrg"], found["numOfMatches"])
