"""Results by the sheet: CSV or XLSX, all of its rows or none (R07, R67).

People are known by their mail, else by their phone, else by name and department; who had not left by the day of the result is
meant, too. Days and scores are read as people write them. Of each person and day there is one result: said again it is a
duplicate, otherwise than before a correction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.core.aside import by_turns
from app.core.auth import Caller
from app.core.bodies import Visible, Wire
from app.core.db import Tx
from app.core.errors import Invalid, naming
from app.core.imports import Judged, good, is_good
from app.domain.results import day_written, outcome_written, score_written
from app.domain.sheets import Column
from app.domain.vocabulary import ImportRowState
from app.domain.vocabulary.trainings import AttendanceState
from app.domain.worktime import day_of
from app.models import Training, TrainingCompletion, TrainingSession
from app.people.matching import Known, Matching, Unmatched
from app.people.person_schemas import Email, PersonName, Phone
from app.trainings.completions import results_of, store
from app.trainings.course_queries import get_training
from app.trainings.enrolments import set_states
from app.trainings.session_queries import get_session

COLUMNS: Final = (
    Column("name", ("姓名", "名字", "人员", "员工姓名", "学员", "学员姓名")),
    Column("email", ("邮箱", "电子邮箱", "邮件", "mail")),
    Column("phone", ("手机", "手机号", "手机号码", "电话", "员工电话", "mobile", "tel")),
    Column("department", ("部门", "所属部门", "科室")),
    Column("completed_on", ("完成日期", "日期", "考试日期", "培训日期", "完成时间", "考试时间", "培训时间", "date")),
    Column("score", ("成绩", "得分", "分数", "考试成绩", "考核成绩", "培训成绩")),
    Column("passed", ("是否合格", "是否通过", "结果", "考核结果", "合格", "result")),
)


def _day(cell: object) -> object:
    return day_written(cell) if isinstance(cell, str) else cell


def _score(cell: object) -> object:
    return score_written(cell) if isinstance(cell, str) else cell


def _outcome(cell: object) -> object:
    return outcome_written(cell) if isinstance(cell, str) else cell


class ResultRow(Wire):
    """A row of the sheet, cell by cell."""

    name: PersonName | None = None
    email: Email = None
    phone: Phone = None
    department: Annotated[Visible, Field(max_length=100)] | None = None
    completed_on: Annotated[date | None, BeforeValidator(_day)] = None
    # True and false: 合格 and 不合格 where a score is expected.
    score: Annotated[float | bool | None, BeforeValidator(_score)] = None
    passed: Annotated[bool | None, BeforeValidator(_outcome)] = None


@dataclass(slots=True)
class Import:
    """A sheet for one course, as it is matched with who and what is known."""

    training: Training
    session: TrainingSession | None
    matching: Matching
    known: Mapping[tuple[UUID, date], TrainingCompletion]
    today: date
    entered: list[dict[str, Any]] = field(default_factory=list)
    corrected: list[dict[str, Any]] = field(default_factory=list)
    # Person and day -> the row that said it, and what it said.
    said: dict[tuple[UUID, date], tuple[int, tuple[float | None, bool | None]]] = field(default_factory=dict)

    def take(self, judged: Judged[ResultRow], row: ResultRow) -> None:
        """Says in the row what becomes of it."""
        try:
            on = self._day(row)
            person, result = self._person(row, on), self._result(row)
        except Unmatched as fault:
            judged.refuse(fault.column, fault.detail, fault.code)
            return
        key = (person.id, on)
        if (first := self.said.get(key)) is not None:
            if first[1] == result:
                judged.state, judged.duplicate_of = ImportRowState.DUPLICATE, first[0]
            else:
                detail = f"row {first[0]} has another result of this person and day; leave the one that is right"
                judged.refuse("", detail, "contradiction")
            return
        self.said[key] = judged.row.number, result
        judged.state = self._write(key, result)

    def _write(self, key: tuple[UUID, date], result: tuple[float | None, bool | None]) -> ImportRowState:
        known, session_id = self.known.get(key), self.session.id if self.session else None
        row: dict[str, Any] = {
            "person_id": key[0], "completed_on": key[1], "score": result[0], "passed": result[1],
            "session_id": session_id or (known.session_id if known else None),
        }  # fmt: skip
        if known is None:
            self.entered.append(row)
            return ImportRowState.CREATED
        if (known.score, known.passed, known.session_id) == (*result, row["session_id"]):
            return ImportRowState.UNCHANGED
        self.corrected.append(row | {"id": known.id})
        return ImportRowState.UPDATED

    def _person(self, row: ResultRow, on: date) -> Known:
        if row.name is None and row.email is None and row.phone is None:
            raise Unmatched("", "names nobody: fill in a mail, a phone, or name and department", "missing")
        department_id = self.matching.department(row.department)
        if row.name is not None and row.email is None and row.phone is None and department_id is None:
            found = self.matching.namesake(row.name, on)
        else:
            found = self.matching.person(row.name or "", row.email, row.phone, department_id, on)
        if found is None:
            column = next(name for name in ("email", "phone", "name") if getattr(row, name) is not None)
            raise Unmatched(column, "is nobody who is active here; add them first, or mend the cell", "not_found")
        if row.name is not None and row.name.casefold() != str(found.values["name"]).casefold():
            raise Unmatched("name", "is not the name of whom the mail or phone is; mend one of them", "name_mismatch")
        return found

    def _day(self, row: ResultRow) -> date:
        if row.completed_on is None:
            if self.session is None:
                raise Unmatched("completed_on", "must be filled in, or send ?session_id= for its day", "missing")
            return day_of(self.session.starts_at)
        if row.completed_on > self.today:
            raise Unmatched("completed_on", "lies ahead; results are entered once they are there", "in_the_future")
        return row.completed_on

    def _result(self, row: ResultRow) -> tuple[float | None, bool | None]:
        """Score, and whether it is said that it was passed."""
        score, passed = row.score, row.passed
        if isinstance(score, bool):
            if passed is not None and passed is not score:
                raise Unmatched("passed", "says otherwise than the score; leave the one that is right", "contradiction")
            return None, score
        mark = self.training.pass_mark
        if mark is not None and score is None and passed is None:
            raise Unmatched("score", f"must be filled in: the course has a pass mark of {mark:g}", "missing")
        if mark is not None and score is not None and passed and score < mark:
            detail = f"says 合格, but the score is under the pass mark of {mark:g}; mend one of them"
            raise Unmatched("passed", detail, "contradiction")
        return score, passed


async def import_results(
    tx: Tx, training_id: UUID, session_id: UUID | None, judged: Sequence[Judged[ResultRow]], *, dry_run: bool,
    caller: Caller, now: datetime,
) -> None:  # fmt: skip
    """Enters and corrects what the rows say, and says in them what became of each. Nothing is changed where one is
    invalid. Whoever has a result of a session was there."""
    training = await get_training(tx, training_id, lock=not dry_run)
    session = await _session(tx, training, session_id, lock=not dry_run, now=now)
    matching = await Matching.load(tx, lock=False)
    known = await results_of(tx, training_id)
    sheet = Import(training, session, matching, known, day_of(now))
    async for each, row in by_turns(good(judged)):
        sheet.take(each, row)
    if dry_run or not is_good(judged):
        return
    await store(tx, training, sheet.entered, sheet.corrected, session_id, caller=caller, now=now)
    if session is not None:
        present = sorted({person_id for person_id, _ in sheet.said})
        await set_states(tx, session, present, AttendanceState.ATTENDED, caller=caller, now=now)


async def _session(
    tx: Tx, training: Training, session_id: UUID | None, *, lock: bool, now: datetime
) -> TrainingSession | None:
    if session_id is None:
        return None
    with naming("?session_id"):
        session = await get_session(tx, session_id, lock=lock)
    if session.training_id != training.id:
        raise Invalid.at("?session_id", "is a session of another course", "other_training")
    if session.cancelled_at is not None or session.starts_at > now:
        raise Invalid.at("?session_id", "was not held: it is cancelled, or has not begun", "not_held")
    return session
