"""An invented listener, for trying songnet without a history of one's own."""

from songnet.demo.catalogue import Song, catalogue
from songnet.demo.export import write_demo_export

__all__ = ["Song", "catalogue", "write_demo_export"]
