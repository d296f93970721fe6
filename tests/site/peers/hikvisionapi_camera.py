"""PyPI hikvisionapi 0.3.2 reads the first parts of a simulated camera's stream. Arguments: URL, user, password."""
import sys

from hikvisionapi import Client

url, user, password = sys.argv[1:4]
client = Client(url, user, password, timeout=10)
client.count_events = 3
for part in client.Event.notification.alertStream(method="get", type="stream"):
    alert = part["EventNotificationAlert"]
    print("part", alert["eventType"], alert["eventState"])
