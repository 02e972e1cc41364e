"""The process that reads ahead. The model of languages comes first: to load it takes 30 MB more than to keep it."""

import sys

from harvester.extraction.languages import detect

detect("winter; river; summer")  # no little words in it, so that the model is asked

from harvester.ahead.segments import main  # noqa: E402

if __name__ == "__main__":
    main([int(line) for line in sys.argv[1:]])
