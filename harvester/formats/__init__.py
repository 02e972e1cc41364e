"""Record -> other formats: pure, one small module each.

Each has `MEDIA_TYPE` and `render(record)`, the bytes of one record complete; those of XML also `element(record)`, for a
document of many. Callers hand in the record that may leave (harvester.policy): nothing is held back here.

    files.py         a file of many records in any of the formats of `harvester export`
    jsonl.py         everything, lossless: one JSON object per line
    csv_rows.py, parquet.py                     tables
    ris.py, bibtex.py, csl_json.py              for those who cite
    json_ld.py                                  schema.org
    oai_dc.py, oai_openaire.py, jats.py         XML, for those who harvest
    citation.py      which edition to cite; notes.py: what formats without a field for it say in notes
    choices.py       main language, date, names and pages: chosen once for all
    tables.py        data/*.toml: our words -> those of other vocabularies
    characters.py, markup.py                    what a format can hold
"""
