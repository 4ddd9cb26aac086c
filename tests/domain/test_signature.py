"""What we sign is verified by the standardwebhooks library, an implementation that isn't ours."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain.signature import decode_secret, encode_secret, header, sign

SECRET = bytes(range(32))
OTHER = bytes(range(100, 140))
secrets = st.binary(min_size=24, max_size=64)


def headers(signature: str, timestamp: int, message_id: str = "evt_1") -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def test_the_specifications_own_example_comes_out_to_the_letter() -> None:
    secret = decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(secrets, st.from_regex(r"evt_[0-9]{1,19}", fullmatch=True), st.dictionaries(st.text(), st.text()))
def test_receivers_accept_what_we_sign(secret: bytes, message_id: str, data: dict[str, str]) -> None:
    at, body = now(), json.dumps(data).encode()
    given = headers(sign(secret, message_id, at, body), at, message_id)
    assert Webhook(encode_secret(secret)).verify(body, given) == data


@pytest.mark.parametrize(
    ("body", "message_id", "late"),
    [(b'{"a":2}', "evt_1", 0), (b'{"a":1}', "evt_2", 0), (b'{"a":1}', "evt_1", 1)],
    ids=["another body", "another id", "another time"],
)
def test_receivers_refuse_what_was_altered(body: bytes, message_id: str, late: int) -> None:
    at = now()
    signature = sign(SECRET, "evt_1", at, b'{"a":1}')
    with pytest.raises(WebhookVerificationError):
        Webhook(encode_secret(SECRET)).verify(body, headers(signature, at + late, message_id))


def test_a_receiver_with_the_old_or_the_new_secret_verifies_during_a_rotation() -> None:
    at = now()
    both = headers(header([SECRET, OTHER], "evt_1", at, b"{}"), at)
    for secret in (SECRET, OTHER):
        Webhook(encode_secret(secret)).verify(b"{}", both)
    with pytest.raises(WebhookVerificationError):
        Webhook(encode_secret(b"x" * 24)).verify(b"{}", both)


def test_a_signature_of_yesterday_is_refused_by_receivers() -> None:
    old = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
    with pytest.raises(WebhookVerificationError):
        Webhook(encode_secret(SECRET)).verify(b"{}", headers(sign(SECRET, "evt_1", old, b"{}"), old))


@given(secrets)
def test_a_secret_survives_being_written_down(secret: bytes) -> None:
    assert decode_secret(encode_secret(secret)) == secret


@pytest.mark.parametrize("length", [0, 23, 65])
def test_secrets_are_24_to_64_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        encode_secret(bytes(length))


@pytest.mark.parametrize(
    "text", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_?!", "whsec_QUJD", "whsec_中"]
)
def test_what_is_not_a_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        decode_secret(text)
