"""What readers reach by HTTP: signing up, their own pages by signed links, digests as pages, feeds.

routes.py    the one router; GET changes nothing
pages.py     HTML pages in the reader's language, from templates/ and pages.toml
forms.py     what a form says, as Wants and Timing
feeds.py     feeds of alerts (private) and of sources (public), with conditional GET
"""

from harvester.serving.readers.routes import router

__all__ = ["router"]
