"""Write `answers.csv`, the invented people of the examples, into the folder where this is run.

600 people in 4 regions of 12 branches each. The young answered twice as often as they live in the
population, every tenth clicked through, some left questions out. Nothing is to be learned from them but
how the commands are used.
"""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

PEOPLE, REGIONS, BRANCHES = 600, ("north", "east", "south", "west"), 12
AGES = ((18, 34), (35, 54), (55, 79))
CHANNELS = ("phone", "e-mail", "chat", "social")
LIKING = ((18, 15, 32, 35), (32, 22, 26, 20), (50, 25, 15, 10))
"""How often each channel is chosen, per hundred, by age."""
WORDS = (
    "reply",
    "waited",
    "asked",
    "again",
    "branch",
    "order",
    "never",
    "twice",
    "clear",
    "late",
    "phone",
    "bill",
)


def person(chance: Random, at: int, leaning: dict[tuple[int, int], float]) -> dict[str, object]:
    """Return the answers of one person; an empty string is a question left out.

    `leaning` says how many times as often people of a branch write online than those of others.
    """
    group = chance.choices(range(3), [48, 30, 22])[0]
    region = at * len(REGIONS) // PEOPLE
    branch = chance.choices(range(BRANCHES), [3 + place % 4 for place in range(BRANCHES)])[0]
    hasty = chance.random() < 0.1
    times = leaning[region, branch]
    liking = [share * (times if place > 1 else 1) for place, share in enumerate(LIKING[group])]
    used = [chance.random() < share for share in (0.7, 0.5, 0.3)]
    return {
        "channel": "" if chance.random() < 0.03 else chance.choices(CHANNELS, liking)[0],
        "age": chance.randint(*AGES[group]),
        "gender": "" if chance.random() < 0.02 else chance.choices(("woman", "man"), (56, 44))[0],
        "wait": chance.choices(range(1, 7), ((24, 22, 24, 18, 8, 4), (8, 12, 22, 28, 20, 10))[group > 1])[0],
        "satisfaction": min(5, max(1, round(chance.gauss(3 + 0.2 * min(times, 3), 1.1)))),
        "minutes": round(chance.expovariate(1 / (20 + 8 * group)), 1),
        "used_phone": int(used[0]),
        "used_e_mail": int(used[1]),
        "used_chat": int(used[2]),
        "duration": chance.randint(35, 80) if hasty else chance.randint(240, 900),
        **{f"q{item}": 3 if hasty else chance.randint(1, 5) for item in range(1, 6)},
        "comment": "everything was fine, as always" if hasty else " ".join(chance.choices(WORDS, k=7)),
        "w": (0.8, 1.0, 1.4, 1.9)[region],
        "region": REGIONS[region],
        "branch": f"{REGIONS[region]}-{branch + 1}",
        "branches": (60, 80, 110, 150)[region],
    }


def main() -> None:
    """Write the file; it is the same on every machine."""
    chance = Random(2030)
    places = [(region, branch) for region in range(len(REGIONS)) for branch in range(BRANCHES)]
    leaning = {place: chance.choice((0.4, 0.7, 1, 1.4, 2.4)) for place in places}
    people = [person(chance, at, leaning) for at in range(PEOPLE)]
    with Path("answers.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, people[0], lineterminator="\n")
        table.writeheader()
        table.writerows(people)
    print(f"answers.csv: {PEOPLE} invented people")


if __name__ == "__main__":
    main()
