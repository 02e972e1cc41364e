"""What a sentence about a licence speaks of: this article, a part of it, or another thing."""

import re
from functools import lru_cache

_EARLY = 12  # characters before the subject of a sentence that speaks of a part
_STOP = re.compile(r"(?<!\b[A-Z])\.(?= )|\n(?=\n)")  # not the point of an initial
# What may stand before a licence's name in a line that is all about it.
_LEAD = re.compile(
    r"(?:[\W\d_]|\b(?:articles?|artikel|art[ií]c?[gu]lo|artigo|articolo|licen[cs]e[ds]?|lizenz|licencia|licen[cç]a|licenza|licentie|rights|droits|rechte|copyright|"
    r"published|publi[ée]e?|distributed|distribu[ée]e?|diffus[ée]e?|released|made|available|disponible|under|sous|unter|"
    r"selon|terms|termes|conditions|work|oeuvre|text|texte|the|les?|la|de|des|of|an?|is|are|est|as|cc|use|usage)\b)*",
    re.IGNORECASE,
)
# What else has a licence, and words that say it is not this one.
_OTHER_THINGS = re.compile(
    r"\b(?:code|software|logiciel\w*|programs?|programmes?|programm|packages?|scripts?|librar(?:y|ies)|databases?|"
    r"data|datasets?|donn[ée]es|datos|dados|dati|daten|gegevens|contains?|contient|enth[äa]lt|information|contents?|"
    r"contenus?|inhalte|materials?|maps?|cartes?|(?:web)?site|not|except\w*|excluding|sauf|pas|au[ßs]er|salvo|eccetto|"
    r"authors (?:may|can)|may|all articles|submit\w*)\b",
    re.IGNORECASE,
)
# Words that say the licence is another thing's: the data, the metadata, the site, one figure, other articles.
_NOT_THIS = re.compile(
    r"data waiver|\bdata (?:is|are|made|associated|set)|\bdatasets?\b|metadata|m[ée]tadonn[ée]es|metadaten|metadatos|"
    r"(?:content|material|text|contenus?|inhalte?|contenido|conte[uú]do) (?:on|of|from|de|du|auf|"
    r"dieser|del|deste|do) (?:this|the|ce|le|der|este|esta|site) ?(?:web)?[\s-]?(?:site|seite|sitio|"
    r"portal|p[aá]gina)?|"
    r"this (?:web ?)?site|ce site|all open[\s-]access|tout contenu en|any open[\s-]access|(?:this|"
    r"the) journal (?:is|applies|uses)|articles in this|all (?:articles|papers|content)|"
    r"tous les articles|"
    r"(?:figure|fig\.|table|image|photo|picture|logo|icon|abstract|review|comment|abbildung|tabelle|tableau|figura|"
    r"imagen|immagine|imagem|afbeelding|maps?|cartes?|karten?|mapa|mappa|kaart|foto|bild|illustration|drawing|dessin|"
    r"video|audio|slide|poster|cover)s?(?: [\w.()-]{1,6})?"
    r"(?: (?:is|are|by|from|credit|est|ist|sont|es|e|è|é)\b| ?[:©])|"
    r"materials (?:prior|published)|unless otherwise (?:noted|stated)[^.]{0,40}\bsite\b|"
    r"may be (?:published|made)|authors (?:can|may)",
    re.IGNORECASE,
)
# A part of the article or words about it: "the metadata of this article" is not the article.
_PART_OF_IT = re.compile(
    r"(?:meta-?data|abstracts?|data|datasets?|supplement\w*|appendi\w+|figures?|tables?|images?|photo\w*|cover|"
    r"m[ée]tadonn[ée]es|r[ée]sum[ée]s?|donn[ée]es|metadaten|zusammenfassung|abbildungen|daten|metadatos|resumen|datos|"
    r"metadados|resumo|dados|metadati|riassunto|dati|metagegevens|samenvatting|gegevens) "
    r"(?:\w+ )?(?:of|for|from|in|to|with|de|du|des|dieses|zu|del|deste|desse|do|di|van|bij)\b",
    re.IGNORECASE,
)
# The licence is refused, or is a part's alone.
_DENIED = re.compile(
    r"\bnot (?:\w+ ){0,2}?(?:published|licen[cs]ed|distributed|released|covered|available|under)\b|"
    r"\bn.est pas (?:publi|diffus|distribu|sous|couvert|plac)|\bnicht (?:\w+ ){0,2}?(?:unter|lizenziert)\b|"
    r"\bno (?:est[áa]|se|ha sido) (?:publica|distribu|licencia|bajo|cubiert)|"
    r"\bn[ãa]o (?:est[áa]|[ée]|foi) (?:publica|distribu|licencia|sob|cobert)|"
    r"\bnon è (?:\w+ )?(?:pubblicat|distribuit|concess|sotto|copert)|\bniet (?:\w+ ){0,2}?(?:onder|gepubliceerd)\b|"
    r"\b(?:only|seule?s?|nur|s[óo]lo|solamente|apenas|somente|soltanto|alleen) "
    r"(?:(?:the|les?|la|die|das|los|las|el|os|as|i|gli|il|de|het) )?(?:\w+ )?"
    r"(?:data|datasets?|figures?|images?|abstracts?|supplement\w*|donn[ée]es|r[ée]sum[ée]s?|"
    r"daten|abbildungen|zusammenfassung|datos|figuras|resumen|dados|resumo|dati|figure|riassunto|gegevens|figuren|"
    r"samenvatting)\b",
    re.IGNORECASE,
)
_THIS_ITEM = re.compile(
    r"this (?:item|article|work|paper|document|publication)|cet article|este art[ií]c?[gu]lo|"
    r"este artigo|dieser artikel|quest.articolo|dit artikel|this is an",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)  # several links of one line ask alike
def block_fits(words: str) -> bool:
    if (part := _PART_OF_IT.search(words)) and part.start() < _EARLY:
        return False
    return not _NOT_THIS.search(words) or bool(_THIS_ITEM.search(words) and not re.search("waiver", words))


def sentence_fits(sentence: str) -> bool:
    """Whether a sentence that names a licence says it of the whole of this article."""
    part = _PART_OF_IT.search(sentence)
    if (part and part.start() < _EARLY) or _DENIED.search(sentence):
        return False
    return not _NOT_THIS.search(sentence) or bool(_THIS_ITEM.search(sentence))


def of_a_text(sentence: str, lead: str) -> bool:
    """Licences of all kinds of things: a sentence that names the article, or says the licence and nothing else."""
    if _OTHER_THINGS.search(sentence):
        return False
    return bool(_THIS_ITEM.search(sentence) or _LEAD.fullmatch(lead))


def sentence_start(text: str, at: int) -> int:
    starts = [stop.end() for stop in _STOP.finditer(text, 0, at)]
    return max(*starts[-1:], at - 180, 0)
