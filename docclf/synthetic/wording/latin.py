"""Labels and headings in languages with Latin letters, and syllables of invented places."""

from docclf.synthetic.wording.language import Language, rows, titles_of

_LATIN = tuple(
    "Val Kest Mar Or Tel Bran Sol Nor Lum Ast Cor Dra El Fen Gal "
    "Hav Ist Jor Kal Lor Mir Ner Os Pel Rav Sar Tor Um Ver Zel".split()
)
_LATIN_ENDS = tuple(
    "dora ria avia land mark onia ea istan heim burg ora ana esia mont ford via une istra ole aven".split()
)


ENGLISH = Language(
    "en",
    "ascii",
    rows(
        "Surname|Given names|Date of birth|Sex|Nationality|Number|Issued|Expires|Place of birth|Signature|Address|Total"
    ),
    rows("Republic of {}|Kingdom of {}|State of {}|{} Federation|Province of {}|Commonwealth of {}"),
    titles_of(
        "IDENTITY CARD|RESIDENCE PERMIT|NATIONAL ID|CITIZEN CARD|WORK PERMIT",
        "DRIVING LICENCE|DRIVER LICENSE|PILOT LICENCE|BOAT LICENCE|FISHING LICENCE",
        "ADMIT ONE|CONCERT|EXPRESS TRAIN|GRAND FINAL|MUSEUM PASS|NIGHT FERRY|FESTIVAL|CINEMA",
        "RECEIPT|SALES SLIP|TAX INVOICE|THANK YOU|CASH SALE",
        "Certificate of Merit|Diploma|Birth Certificate|Certificate of Origin|Award|Share Certificate|Bachelor of Arts",
        "Application Form|Registration|Tax Return|Claim Form|Customs Declaration|Medical Record|Transfer Order",
        "STUDENT CARD|LIBRARY|HEALTH INSURANCE|GYM MEMBER|STAFF|PRESS|VISITOR|LOYALTY CLUB",
    ),
    _LATIN,
    _LATIN_ENDS,
)
FRENCH = Language(
    "fr",
    "accents",
    rows("Nom|Prénoms|Né(e) le|Sexe|Nationalité|Numéro|Délivré le|Expire le|Lieu de naissance|Signature|Adresse|Total"),
    rows("République de {}|Royaume de {}|Canton de {}|Principauté de {}"),
    titles_of(
        "CARTE D'IDENTITÉ|TITRE DE SÉJOUR|CARTE NATIONALE",
        "PERMIS DE CONDUIRE|PERMIS DE PÊCHE|BREVET DE PILOTE",
        "ENTRÉE|SPECTACLE|BILLET DE TRAIN|MUSÉE",
        "REÇU|TICKET DE CAISSE|MERCI",
        "Certificat|Diplôme|Acte de Naissance|Brevet",
        "Formulaire|Déclaration|Demande de Visa|Virement",
        "CARTE D'ÉTUDIANT|MÉDIATHÈQUE|ASSURANCE MALADIE|CARTE FIDÉLITÉ",
    ),
    _LATIN,
    _LATIN_ENDS,
)
GERMAN = Language(
    "de",
    "accents",
    rows(
        "Name|Vornamen|Geburtstag|Geschlecht|Nationalität|Nummer|Ausgestellt|Gültig bis|"
        "Geburtsort|Unterschrift|Anschrift|Summe"
    ),
    rows("Republik {}|Freistaat {}|Königreich {}|Bund {}"),
    titles_of(
        "PERSONALAUSWEIS|AUFENTHALTSTITEL|BÜRGERKARTE",
        "FÜHRERSCHEIN|JAGDSCHEIN|BOOTSSCHEIN",
        "EINTRITT|FAHRKARTE|KONZERT|TAGESKARTE",
        "QUITTUNG|KASSENBON|VIELEN DANK",
        "Urkunde|Zeugnis|Geburtsurkunde|Diplom",
        "Antrag|Anmeldung|Steuererklärung|Überweisung",
        "STUDENTENAUSWEIS|BÜCHEREI|KRANKENKASSE|MITGLIED",
    ),
    _LATIN,
    _LATIN_ENDS,
)
SPANISH = Language(
    "es",
    "accents",
    rows("Apellidos|Nombre|Nacimiento|Sexo|Nacionalidad|Número|Emisión|Validez|Lugar|Firma|Domicilio|Total"),
    rows("República de {}|Reino de {}|Estado de {}|Provincia de {}"),
    titles_of(
        "DOCUMENTO DE IDENTIDAD|CÉDULA|TARJETA DE RESIDENCIA",
        "LICENCIA DE CONDUCIR|PERMISO NÁUTICO",
        "ENTRADA|BOLETO|FUNCIÓN|AUTOBÚS",
        "RECIBO|FACTURA|GRACIAS",
        "Certificado|Título|Acta de Nacimiento",
        "Solicitud|Declaración|Inscripción",
        "CARNET|BIBLIOTECA|SEGURO MÉDICO|SOCIO",
    ),
    _LATIN,
    _LATIN_ENDS,
)
POLISH = Language(
    "pl",
    "accents",
    rows("Nazwisko|Imiona|Data urodzenia|Płeć|Obywatelstwo|Numer|Wydano|Ważny do|Miejsce|Podpis|Adres|Suma"),
    rows("Rzeczpospolita {}|Królestwo {}|Województwo {}"),
    titles_of(
        "DOWÓD OSOBISTY|KARTA POBYTU",
        "PRAWO JAZDY|KARTA WĘDKARSKA",
        "BILET|WSTĘP|KOLEJ",
        "PARAGON|DZIĘKUJEMY",
        "Świadectwo|Dyplom|Zaświadczenie",
        "Wniosek|Deklaracja|Zgłoszenie",
        "LEGITYMACJA|BIBLIOTEKA|KLUB",
    ),
    _LATIN,
    _LATIN_ENDS,
)
