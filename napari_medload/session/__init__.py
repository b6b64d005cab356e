"""State, without a toolkit: what is open, selected, prefetched and shown."""

from napari_medload.session.background.mailbox import Mailbox, QueueMailbox
from napari_medload.session.background.messages import Progress, Trouble
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.layer import Layer
from napari_medload.session.scene.scene import Scene
from napari_medload.session.session import Session

__all__ = [
    "Layer",
    "Mailbox",
    "Progress",
    "QueueMailbox",
    "Scene",
    "Session",
    "Trouble",
    "ViewOptions",
]
