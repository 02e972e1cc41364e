"""A miniature bilingual publisher for `harvester demo` and for tests; everything in it is invented.

`article.py` and `house.toml`, `articles/`: what is printed; `glued.py`, `marked.py`: two page shapes over `templates/`;
`site.py`: path -> answer, pure but for its hooks; `server.py`: the site on loopback; `seeds/`: how to harvest it.
"""

from harvester.sample.seedbed import seeds
from harvester.sample.server import Publisher, Request, serve
from harvester.sample.site import Site

__all__ = ["Publisher", "Request", "Site", "seeds", "serve"]
