"""What an endpoint that is a chat robot has beside the others, on the wire."""

from typing import Annotated

from pydantic import Field

from app.core.faults import Like

AT_PEOPLE = (
    "Whom a chat robot calls (@): user ids, and phones where it knows people by phone (DingTalk, WeCom). They must be "
    "members of the group. Not `all`: everybody is called by `at_all`."
)
AT_PEOPLE_OUT = "Whom a chat robot calls (@): user ids, and phones with their middle hidden."
AT_ALL = "Whether a chat robot calls everybody of the group."
AT_GRADES = "For incidents in which grades people are called; of a change of grade the new one counts. Empty: for all, and none."
ROBOT_SECRET = (
    "The secret the vendor shows where messages must be signed 加签: of DingTalk and Feishu robots. Kept encrypted, never "
    "shown. Empty: not signed. A PATCH to a format that is not signed so drops it."
)

_PERSON = Like(
    r"^[A-Za-z0-9_.@+-]{1,64}$",
    "must be a user id or phone as the vendor has it: letters, digits and _ . @ + - only",
)
_SECRET = Like(r"^[!-~]*$", "must hold letters, digits and signs of ASCII only, without spaces, as the vendor shows it")
People = Annotated[
    list[Annotated[str, Field(max_length=64), _PERSON]],
    Field(max_length=50, examples=[["13800138000", "manager4220"]]),
]
RobotSecret = Annotated[str, Field(max_length=200, examples=["SEC0123456789abcdef"]), _SECRET]
