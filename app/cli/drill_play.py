"""Follows a drill through the public API, tells what happens in it, and acts in it where it is asked to."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from app.cli.client import Api
from app.cli.console import Trouble
from app.domain.grades import HarmClass, grade_of
from app.domain.labels import LABELS
from app.domain.vocabulary.drills import OVER

LOOK_EVERY: Final = 0.7
HARMS: Final = [str(harm) for harm in HarmClass]
# What is done of what is expected, so long before it is due.
AHEAD_SECONDS: Final = 900
TRAINEE: Final = "演练值班"


@dataclass(frozen=True, slots=True)
class Part:
    """What was asked for."""

    scenario: str
    scale: int
    rule_id: str | None
    respond: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, at a second of the scenario."""

    seconds: int
    label: str
    why: str
    grade: str | None = None


@dataclass(slots=True)
class Director:
    """One drill. ``told`` hears of each mark at once."""

    api: Api
    url: str
    part: Part
    told: Callable[[Mark], None] | None = None
    number: str = ""
    name: str = ""
    board: dict[str, Any] = field(default_factory=dict)
    clock: dict[str, Any] = field(default_factory=dict)
    windows: list[dict[str, Any]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    _id: str = ""
    _seen: set[tuple[Any, ...]] = field(default_factory=set)
    _harms: dict[str, list[str]] = field(default_factory=dict)
    _trainee: "Trainee | None" = None

    async def start(self) -> None:
        """Starts the drill; Trouble where there is no such scenario."""
        known = [row async for row in self.api.rows("/v1/scenarios")]
        scenario = next((row for row in known if row["key"] == self.part.scenario), None)
        if scenario is None:
            keys = ", ".join(row["key"] for row in known) or "none"
            raise Trouble(f"there is no scenario {self.part.scenario!r}; there are: {keys}")
        body: dict[str, Any] = {"scenario": scenario["key"], "scale": self.part.scale, "rule_id": self.part.rule_id}
        if self.part.respond:
            whole = await self.api.get(f"/v1/scenarios/{scenario['id']}")
            self._trainee = Trainee(self.api, self.url, whole["latest"])
            body["participants"] = [await self._trainee.enter()]
        drill = await self.api.post("/v1/drills", body)
        self._id, self.number, self.name = drill["id"], drill["number"], drill["name"]
        await self.look()

    async def follow(self) -> None:
        """Until it is over."""
        while self.clock["state"] not in OVER:
            await asyncio.sleep(LOOK_EVERY if self.part.scale <= 1_000 else LOOK_EVERY / 5)
            await self.look()

    async def look(self) -> None:
        """Reads the drill as anybody may, tells what is new, and has the trainee act."""
        self.clock = await self.api.get(f"/v1/drills/{self._id}/clock")
        # Read after the clock: where that says it is over, this is the last word.
        self.board = await self.api.get(f"/v1/drills/{self._id}/scoreboard")
        self._tell()
        if self.board["incidents"]:
            await self._look_at(self.board["incidents"][0]["id"])
            if self._trainee is not None and self.clock["state"] == "running":
                await self._trainee.act(self.board, self.clock["elapsed_seconds"])

    async def _look_at(self, incident_id: str) -> None:
        if self.told is not None:
            return
        incident = await self.api.get(f"/v1/incidents/{incident_id}")
        spread = await self.api.get(f"/v1/incidents/{incident_id}/spread")
        if not self._harms:
            policy = await self.api.get(f"/v1/grading-policies/{incident['policy_id']}")
            self._harms = {rule["id"]: rule["harm_classes"] for rule in policy["rules"]}
        harm = incident["harm_class"]
        self.windows = [one for one in spread["windows"] if harm in (self._harms[one["rule"]] or HARMS)]

    async def stop(self, reason: str) -> None:
        """Ends it before its time, and reads how it went. One that never began, or is over, stays as it is."""
        if not self._id:
            return
        with suppress(Trouble):
            await self.api.post(f"/v1/drills/{self._id}/stop", {"reason": reason})
        self.board = await self.api.get(f"/v1/drills/{self._id}/scoreboard")

    async def leave(self) -> None:
        """Whoever acted in it has left."""
        if self._trainee is not None:
            await self._trainee.leave()

    def _tell(self) -> None:
        """Each thing once, in the order of the scenario's time."""
        news = [mark for key, mark in self._marks() if key not in self._seen]
        self._seen.update(key for key, _ in self._marks())
        for mark in sorted(news, key=lambda one: one.seconds):
            self.marks.append(mark)
            if self.told is not None:
                self.told(mark)

    def _marks(self) -> list[tuple[tuple[Any, ...], Mark]]:
        board = self.board
        found: list[tuple[tuple[Any, ...], Mark]] = []
        for row in board["grades"]:
            grade = grade_of(row["to_grade"])
            label = f"{grade.value} {grade.label}" if grade else "no grade 未定级"
            why = f"by {row['rule'] or row['source']}"
            found.append((("grade", row["at"]), Mark(row["scenario_seconds"], label, why, row["to_grade"])))
        for row in board["clocks"]:
            name = f"{LABELS['deadline_kind'][row['kind']][0]} {row['kind']}"
            began = Mark(row["started_seconds"], name, f"runs until {time_of(row['due_seconds'])}")
            found.append((("clock", row["id"]), began))
            if row["result"] in ("met", "late", "breached"):
                at = row["due_seconds"] if row["met_seconds"] is None else row["met_seconds"]
                word = f"{row['result']} {LABELS['drill_result'][row['result']][0]}"
                found.append((("result", row["id"], row["result"]), Mark(at, name, word)))
        for said in board["statements"]:
            for step in said["steps"]:
                what = f"{LABELS['statement_kind'][said['kind']][0]} {step['step']}"
                key = ("step", said["statement_id"], step["step"], step["at"], step["slot"])
                found.append((key, Mark(step["scenario_seconds"], what, step["platform"] or step["slot"] or "")))
        return found


def time_of(seconds: float) -> str:
    """A second of the scenario as people read it: 02:35."""
    minutes = int(seconds) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class Trainee:
    """Somebody who does what the scenario expects, a little before it is due. Made for one drill."""

    def __init__(self, api: Api, url: str, scenario: Mapping[str, Any]) -> None:
        self._api, self._url = api, url
        self._reactions = scenario["reactions"]
        first = next(one for one in scenario["injects"] if one["kind"] == "mention")
        self._origin = first["platform"]
        self._done: set[Any] = set()
        self._person_id = self._token = ""

    async def enter(self) -> str:
        """Is on duty from now on; their id."""
        body = {"name": f"{TRAINEE}{secrets.token_hex(2)}", "roles": ["lead"]}
        self._person_id = (await self._api.post("/v1/people", body))["id"]
        self._token = (await self._api.post("/v1/person-tokens", {"person_id": self._person_id}))["token"]
        return self._person_id

    async def leave(self) -> None:
        """Off the roster again."""
        if self._person_id:
            await self._api.patch(f"/v1/people/{self._person_id}", {"active": False})

    async def act(self, board: Mapping[str, Any], elapsed: float) -> None:
        """Acknowledges each grade at once, and does the rest as it comes up. What is refused was too late: it is left."""
        incident = f"/v1/incidents/{board['incidents'][0]['id']}"
        for row in board["grades"]:
            if row["at"] not in self._done:
                self._done.add(row["at"])
                async with Api(self._url, self._token) as me:
                    await _try(me, f"{incident}/acknowledgements", {"note": "已接警，正在召集"})
        if not board["grades"]:
            return
        for place, one in enumerate(self._reactions):
            if place not in self._done and elapsed >= one["by_seconds"] - AHEAD_SECONDS:
                self._done.add(place)
                await self._react(incident, one)

    async def _react(self, incident: str, reaction: Mapping[str, Any]) -> None:
        said = {"platform": self._origin, "url": "https://example.com/statement"}
        acts: dict[str, tuple[str, dict[str, Any]]] = {
            "meeting": ("meetings", {"direction": reaction["text"]}),
            "fact_check": (
                "fact-checks",
                {"truth": "partly_confirmed", "responsibility": "undetermined", "evidence": reaction["text"]},
            ),
            "holding_statement": ("publications", said | {"statement_kind": "holding"}),
            "origin_statement": ("publications", said | {"statement_kind": "progress"}),
        }
        if reaction["kind"] in acts:
            where, body = acts[reaction["kind"]]
            await _try(self._api, f"{incident}/{where}", body)
        elif reaction["kind"] == "task" and reaction["task_kind"] != "takedown_report":
            await self._do_task(incident, reaction)

    async def _do_task(self, incident: str, reaction: Mapping[str, Any]) -> None:
        body = {"kind": reaction["task_kind"], "title": reaction["text"][:100]}
        task = await _try(self._api, f"{incident}/tasks", body)
        if task is not None:
            await _try(self._api, f"/v1/tasks/{task['id']}/complete", {"outcome": "演练中完成"})


async def _try(api: Api, path: str, body: Mapping[str, Any]) -> Any:
    """The answer; None where the drill was faster."""
    try:
        return await api.post(path, dict(body))
    except Trouble:
        return None
