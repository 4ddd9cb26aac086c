"""The watch rules and media outlets as one process holds them: built once a version, checked once a batch."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.domain.grades import HarmClass
from app.domain.matching import Matcher, RuleWords
from app.domain.vocabulary.scenarios import InjectKind
from app.models import Drill, DrillInject, MediaOutlet, WatchRule

# A share lock: a batch that matched by a version commits before that version is gone, so that the matching again
# which every change of rules asks for finds all it has to mend.
_VERSION = "select value from revisions where name = 'rules' for share"


# Nearly every address; the rest, with a user, a port or an odd character, are taken apart with care and slowly.
_PLAIN_HOST = re.compile(r"https?://([A-Za-z0-9.-]+)(?:[/?#]|\Z)")
HARM_ORDER = [str(harm) for harm in sorted(HarmClass, key=lambda harm: harm.severity)]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """One version of the rules."""

    version: int
    matcher: Matcher
    rules: dict[UUID, WatchRule]
    domains: frozenset[str]
    accounts: frozenset[str]

    def in_order(self, rule_ids: list[UUID]) -> list[UUID]:
        """The order in which a mention's hits look for an incident: the gravest harm first, then the oldest rule."""
        known = [rule_id for rule_id in rule_ids if rule_id in self.rules]
        return sorted(known, key=lambda rule_id: (HARM_ORDER.index(self.rules[rule_id].harm_class), rule_id))

    def is_media(self, platform: str, author: str | None, url: str | None) -> bool:
        """Whether a listed outlet posted it, by its account or its domain."""
        if author is not None and f"{platform}:{author}" in self.accounts:
            return True
        host = _host(url) if url else ""
        labels = host.split(".")
        return any(".".join(labels[start:]) in self.domains for start in range(len(labels) - 1))


def _host(url: str) -> str:
    plain = _PLAIN_HOST.match(url)
    if plain:
        return plain[1].lower()
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


class Rules:
    """The newest rule book this process has read."""

    def __init__(self) -> None:
        self._book: RuleBook | None = None

    async def current(self, tx: Tx) -> RuleBook:
        """The rule book in force for the rest of this transaction: nobody changes the rules before it ends."""
        version = await (await tx.driver()).fetchval(_VERSION)
        if self._book is None or self._book.version != version:
            self._book = await self._read(tx, version)
        return self._book

    async def of(self, tx: Tx, drill_id: UUID | None) -> RuleBook:
        """What mentions of a run of a drill are matched with: the one rule that it is played for, with the listed outlets and
        those that it brings. Of what is real: the rule book in force."""
        book = await self.current(tx)
        if drill_id is None:
            return book
        query = select(WatchRule).join(Drill, Drill.rule_id == WatchRule.id).where(Drill.id == drill_id)
        rule = (await tx.scalars(query)).one()
        reports = select(DrillInject.content).where(
            DrillInject.drill_id == drill_id, DrillInject.kind == InjectKind.MEDIA_REPORT
        )
        domains, accounts = set(book.domains), set(book.accounts)
        for report in await tx.scalars(reports):
            outlet = report.get("outlet") or {}
            domains |= {outlet["domain"].lower()} if outlet.get("domain") else set()
            accounts.add(f"{report['platform']}:{report['author'] or outlet.get('name')}")
        return RuleBook(
            book.version, Matcher([words_of(rule)]), {rule.id: rule}, frozenset(domains), frozenset(accounts)
        )

    async def _read(self, tx: Tx, version: int) -> RuleBook:
        query = select(WatchRule).where(WatchRule.enabled, WatchRule.deleted_at.is_(None)).order_by(WatchRule.id)
        rules = (await tx.scalars(query)).all()
        for rule in rules:
            tx.expunge(rule)
        outlets = (await tx.execute(select(MediaOutlet.domains, MediaOutlet.accounts))).all()
        return RuleBook(
            version,
            Matcher([words_of(rule) for rule in rules]),
            {rule.id: rule for rule in rules},
            frozenset(domain.lower() for domains, _ in outlets for domain in domains),
            frozenset(account for _, accounts in outlets for account in accounts),
        )


def words_of(rule: WatchRule) -> RuleWords:
    """The rule as the matcher takes it."""
    return RuleWords(rule.id, tuple(rule.brand_words), tuple(rule.negative_words), tuple(rule.exclusions))
