"""What differs between two people's copies of one document: names, numbers, dates, portrait."""

from docclf.synthetic.dice import Dice
from docclf.synthetic.wording.language import Language

_NAMES = {
    "latin": (
        "Anna Maria Jonas Elena Tomas Ines Lukas Sofia Peter Clara Hugo Nora Emil Alma Victor Julia Oscar Lena David "
        "Rosa Martin Eva Simon Ida Felix Marta Leon Vera Adam Olga Bruno Edith Carl Judith Ivan Paula Samuel Greta",
        "Keller Moreau Lindqvist Navarro Bakker Rossi Novak Horvat Silva Weber Dubois Castell Ferrer Jansen Kowal "
        "Berger Lund Ortega Varga Fontaine Hale Marsh Okafor Tanaka Reyes Holm Petrov Costa Adler Quinn Sato Mensah "
        "Diaz Brandt Ellis Farkas Grant Ibarra Juhl Krause",
    ),
    "el": (
        "Ελένη Νίκος Μαρία Γιώργος Σοφία Πέτρος Άννα Κώστας Δήμητρα Αλέξης Ιωάννα Στέλιος",
        "Παπάς Νικολάου Ιωάννου Δημητρίου Βλάχος Αντωνίου Γεωργίου Μακρής Ράλλης Σταύρου",
    ),
    "ru": (
        "Анна Иван Мария Пётр Елена Николай Ольга Сергей Дарья Павел Вера Андрей Юлия Максим",
        "Волков Орлов Соколов Лебедев Козлов Новик Морозов Зайцев Белов Громов Тихонов Фролов",
    ),
    "ka": (
        "ანა გიორგი ნინო დავით მარიამ ლუკა თამარ ირაკლი ელენე ნიკა",
        "ბერიძე კაპანაძე გელაშვილი მაისურაძე ლომიძე ქავთარაძე",
    ),
    "hy": (
        "Անի Արամ Մարիամ Դավիթ Նարե Տիգրան Լիլիթ Հայկ Սոնա Գոռ",
        "Պետրոսյան Հակոբյան Սարգսյան Գրիգորյան Վարդանյան Մելիքյան",
    ),
}
_NAMES = {code: (given.split(), family.split()) for code, (given, family) in _NAMES.items()}
_STREETS = "Harbour Mill Castle Garden Station River Church Market Forest Bridge Linden Quarry".split()
_GOODS = (
    "Bread|Milk 1L|Coffee|Apples|Soap|Rice 2kg|Tea|Cheese|Pasta|Juice|Eggs x10|Butter|Olives|Soup|Cake|Water|Pencil|"
    "Towel|Battery|Yogurt|Honey|Beans|Salad|Fish|Candle|Flour|Sugar|Oranges|Tomato|Paper"
).split("|")


class Fill:
    """Draws the variable contents of one copy. The same number is the same person whatever the design.

    Each thing has a stream of its own, so that a design that prints more fields does not change the others.

    Args:
        seed: the data set's seed.
        number: which copy.
    """

    def __init__(self, seed: int, number: int):
        self._key = (2, seed, number)
        self._streams: dict[str, Dice] = {}

    def dice(self, name: str) -> Dice:
        """Returns the stream of one kind of content."""
        if name not in self._streams:
            order = ("name", "date", "number", "portrait", "signature", "goods", "place", "code")
            self._streams[name] = Dice(*self._key, order.index(name))
        return self._streams[name]

    def again(self, name: str) -> Dice:
        """Returns the stream of one kind of content from its start, to draw the same thing twice."""
        self._streams.pop(name, None)
        return self.dice(name)

    def given(self, language: Language) -> str:
        """Returns one or two given names in the language's script."""
        names = _NAMES.get(language.code, _NAMES["latin"])[0]
        dice = self.dice("name")
        first = dice.pick(names)
        return f"{first} {dice.pick(names)}" if dice.chance(35) else first

    def surname(self, language: Language) -> str:
        """Returns a family name in the language's script."""
        return self.dice("name").pick(_NAMES.get(language.code, _NAMES["latin"])[1])

    def full_name(self, language: Language) -> str:
        """Returns given and family name in the language's script."""
        return f"{self.given(language)} {self.surname(language)}"

    def latin_name(self) -> str:
        """Returns a full name in capital Latin letters."""
        given, family = _NAMES["latin"]
        dice = self.dice("name")
        return f"{dice.pick(given)} {dice.pick(family)}".upper()

    def date(self, style: int, first: int = 1950, last: int = 2030) -> str:
        """Returns a date; style 0 to 4 chooses the notation."""
        dice = self.dice("date")
        y, m, d = dice.between(first, last), dice.between(1, 12), dice.between(1, 28)
        month = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()[m - 1]
        return (
            f"{d:02}.{m:02}.{y}",
            f"{d:02}/{m:02}/{y}",
            f"{y}-{m:02}-{d:02}",
            f"{d:02} {month} {y}",
            f"{month} {d}, {y}",
        )[style]

    def number(self, mask: str) -> str:
        """Returns a serial number: 9 in the mask becomes a digit, A a letter, the rest stays."""
        dice = self.dice("number")
        return "".join(str(dice.below(10)) if c == "9" else dice.letters(1) if c == "A" else c for c in mask)

    def address(self) -> str:
        """Returns a street and a house number."""
        dice = self.dice("place")
        return f"{dice.between(1, 240)} {dice.pick(_STREETS)} {dice.pick(('St', 'Rd', 'Ave', 'Lane'))}"

    def goods(self, least: int, most: int) -> list[tuple[str, int]]:
        """Returns bought things and their prices in cents."""
        dice = self.dice("goods")
        count = dice.between(least, most)
        return [(dice.pick(_GOODS), dice.between(45, 4990)) for _ in range(count)]

    def sex(self) -> str:
        """Returns F or M."""
        return self.dice("name").pick("FM")
