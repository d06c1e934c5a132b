"""E-mail addresses and user names in the one form in which they are stored and looked up."""

import unicodedata

from pydantic import validate_email


def normal_address(text: str) -> str:
    """Return an address in lower case, its domain in Unicode, without spaces around it.

    Raises:
        ValueError: it is no address, or comes with a name: ``Ada <ada@example.org>``.

    """
    if "<" in text or ">" in text:
        raise ValueError("Send the address alone, without a name and without < and >.")
    return validate_email(text.strip())[1].lower()


def normal_login(text: str) -> str:
    """Return an address or a user name as it was stored; what is no address may be a name."""
    if "@" in text:
        try:
            return normal_address(text)
        except ValueError:
            pass
    return unicodedata.normalize("NFC", text.strip()).lower()
