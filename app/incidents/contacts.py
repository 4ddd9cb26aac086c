"""What reaches an affected user: in one form, so that nobody is entered twice, and sealed (R50b)."""

import re
from typing import NamedTuple
from uuid import UUID

from app.core.errors import Invalid
from app.core.vault import CONTACTS, Unreadable, Vault
from app.domain.sheets import text_of
from app.domain.vocabulary import ContactKind
from app.domain.wording import mask_name, mask_phone, mask_text
from app.models import AffectedUser
from app.people.phones import phone_of
from app.settings import Settings

# The address alone: with what stands around one in a mail's head it would be another one than without.
_MAIL = re.compile(r"""[^\s@<>()\[\]:;,"]+@(?:[^\s@<>()\[\]:;,".]+\.)+[^\s@<>()\[\]:;,".]+""")
_WECHAT = re.compile(r"[\w.-]{2,60}")


class Contact(NamedTuple):
    """How somebody is reached, in the one form in which it is kept."""

    kind: ContactKind
    value: str

    @classmethod
    def of(cls, kind: ContactKind, text: str) -> "Contact":
        """ValueError where it is none of its kind."""
        text = text_of(text)
        if kind == ContactKind.PHONE:
            return cls(kind, phone_of(text))
        if kind == ContactKind.EMAIL and not _MAIL.fullmatch(text):
            raise ValueError("is no mail address; write it as name@example.com")
        if kind == ContactKind.WECHAT and not _WECHAT.fullmatch(text):
            raise ValueError("is no WeChat id: letters, digits, _ and - only")
        return cls(kind, text.lower() if kind == ContactKind.EMAIL else text)

    @classmethod
    def guessed(cls, text: str) -> "Contact":
        """Of a cell that only says contact 联系方式."""
        for kind in (ContactKind.PHONE, ContactKind.EMAIL):
            try:
                return cls.of(kind, text)
            except ValueError:
                continue
        return cls(ContactKind.OTHER, text_of(text))

    @property
    def key(self) -> str:
        """The same for whatever reaches the same person."""
        return f"{self.kind}:{self.value.casefold()}"

    def fingerprints(self, vault: Vault) -> list[bytes]:
        """What tells whether it is known already, under each key we have."""
        return vault.fingerprints(self.key.encode())


class Known(NamedTuple):
    """Name and contact as they are. None: erased, never given, or sealed under a key that nobody has any more."""

    name: str | None
    contact: str | None

    def masked(self, kind: str) -> "Known":
        """What anybody may see of it."""
        return Known(self.name and mask_name(self.name), self.contact and _masked(kind, self.contact))


def _masked(kind: str, contact: str) -> str:
    if kind == ContactKind.PHONE:
        return mask_phone(contact)
    hidden = mask_text(contact)
    return hidden if hidden != contact else mask_name(contact)


def contacts_vault(settings: Settings) -> Vault:
    """The vault that names and contacts lie in."""
    return Vault.of(settings, CONTACTS)


def contact_in(kind: ContactKind, text: str) -> Contact:
    """The contact in a JSON body; Invalid where it is none of its kind."""
    try:
        return Contact.of(kind, text)
    except ValueError as error:
        raise Invalid.at("/contact", str(error), "value_error") from None


def store(user: AffectedUser, vault: Vault, contact: Contact) -> None:
    """Seals the contact into the row."""
    user.contact_kind = contact.kind
    user.contact = vault.seal(contact.value.encode(), user.id, "contact")
    user.contact_hash = contact.fingerprints(vault)[0]


def sealed_name(vault: Vault, name: str | None, user: AffectedUser) -> bytes | None:
    """The name as the row holds it."""
    return vault.seal(name.encode(), user.id, "name") if name else None


def known(user: AffectedUser, vault: Vault) -> Known:
    """What the row holds."""
    name, contact = opened(vault, user.name, user.id, "name"), opened(vault, user.contact, user.id, "contact")
    return Known(name, contact)


def opened(vault: Vault, sealed: bytes | None, user_id: UUID, column: str) -> str | None:
    """What a column of the row holds; None where nobody can open it."""
    if sealed is None:
        return None
    try:
        return vault.open(sealed, user_id, column).decode()
    except Unreadable:
        return None
