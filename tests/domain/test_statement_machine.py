"""A statement's whole life, in any order, against what anybody could check of it afterwards: `published` is reached only with
the valid approvals of that very version, except by the one exit that is always marked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.domain.statements import (
    Approval,
    StatementFacts,
    approval_fault,
    lacking,
    refusal,
    status_after,
    status_regraded,
)
from app.domain.vocabulary.statements import ApprovalSlot, StatementAction, StatementNeed, StatementStatus

PEOPLE = [UUID(int=n) for n in range(1, 7)]
START = datetime(2026, 11, 23, tzinfo=UTC)
people = st.sampled_from(PEOPLE)
# Some write and approve, some approve only: else everybody has soon had a hand in it.
writers = st.sampled_from(PEOPLE[:3])


@dataclass
class Version:
    """One version, as the service keeps it."""

    begun_at: datetime
    authors: set[UUID]
    submitted: bool = False
    approvals: list[Approval] = field(default_factory=list)
    back_at: datetime | None = None


class Said(NamedTuple):
    """What was said in public, and how it was judged."""

    number: int
    at: datetime
    approved: bool
    # What anybody can look up of that moment.
    major: bool
    involved: frozenset[UUID]


class Life(RuleBasedStateMachine):
    """The rules, driven as the service drives them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.status = StatementStatus.DRAFT
        self.versions = [Version(START, {PEOPLE[0]})]
        self.grades = [(START, False)]
        self.withdrawn_at: datetime | None = None
        self.said: list[Said] = []
        self.marked = False
        self.missing: tuple[StatementNeed, ...] = ()

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def major(self) -> bool:
        return self.grades[-1][1]

    def involved(self, at: datetime) -> frozenset[UUID]:
        return frozenset().union(*(one.authors for one in self.versions if one.begun_at <= at))

    def lacks(self, version: Version, at: datetime, *, major: bool) -> tuple[ApprovalSlot, ...]:
        return lacking(
            version.approvals, self.involved(at), major=major, at=at, changes_requested_at=version.back_at,
            withdrawn_at=self.withdrawn_at,
        )  # fmt: skip

    def may(self, action: StatementAction) -> bool:
        facts = StatementFacts(
            "handling", self.status, submitted=self.newest.submitted, changes_requested=self.newest.back_at is not None,
            complete=not self.lacks(self.newest, self.now, major=self.major), missing=self.missing,
        )  # fmt: skip
        return refusal(action, facts) is None

    @rule(person=writers)
    def edit(self, person: UUID) -> None:
        now = self.tick()
        if not self.may(StatementAction.EDIT):
            return
        if self.newest.submitted:
            self.versions.append(Version(now, set(self.newest.authors)))
        self.newest.authors.add(person)
        self.status = status_after(StatementAction.EDIT, self.status)

    @rule()
    def submit(self) -> None:
        self.tick()
        if self.may(StatementAction.SUBMIT):
            self.newest.submitted = True
            self.status = status_after(StatementAction.SUBMIT, self.status)

    @rule(person=people, slot=st.sampled_from(ApprovalSlot), behalf=st.none() | people)
    def approve(self, person: UUID, slot: ApprovalSlot, behalf: UUID | None) -> None:
        now = self.tick()
        one = Approval(slot, person, behalf if behalf != person else None, now)
        if not self.may(StatementAction.APPROVE) or approval_fault(one, self.newest.approvals, self.involved(now)):
            return
        self.newest.approvals.append(one)
        complete = not self.lacks(self.newest, now, major=self.major)
        self.status = status_after(StatementAction.APPROVE, self.status, complete=complete)

    @rule()
    def approve_all(self) -> None:
        """Chance alone seldom comes to the end."""
        self.missing = ()
        self.submit()
        for person in PEOPLE:
            for slot in ApprovalSlot:
                self.approve(person, slot, None)

    @rule()
    def request_changes(self) -> None:
        now = self.tick()
        if self.may(StatementAction.REQUEST_CHANGES):
            self.newest.back_at = self.newest.back_at or now
            self.status = status_after(StatementAction.REQUEST_CHANGES, self.status)

    @rule(lacks=st.sampled_from([(), (), (StatementNeed.TRUTH,)]))
    def check_facts(self, lacks: tuple[StatementNeed, ...]) -> None:
        self.missing = lacks

    @rule(major=st.booleans())
    def grade(self, major: bool) -> None:
        self.grades.append((self.tick(), major))
        complete = not self.lacks(self.newest, self.now, major=major)
        self.status = status_regraded(self.status, complete=complete)

    @rule(once_in_a_while=st.integers(0, 9))
    def withdraw(self, once_in_a_while: int) -> None:
        """Nothing comes after it, so it must not come too soon."""
        now = self.tick()
        if once_in_a_while == 9 and self.may(StatementAction.WITHDRAW):
            self.withdrawn_at, self.status = now, status_after(StatementAction.WITHDRAW, self.status)

    @rule(which=st.integers(0, 9), ago=st.integers(0, 9))
    def publish(self, which: int, ago: int) -> None:
        now = self.tick()
        assert self.may(StatementAction.RECORD_PUBLICATION), "what has happened is always recorded"
        number = len(self.versions) - 1 - which % len(self.versions)
        at = max(now - timedelta(minutes=ago), START)
        major = [is_major for since, is_major in self.grades if since <= at][-1]
        approved = not self.lacks(self.versions[number], at, major=major)
        self.said.append(Said(number, at, approved, major, self.involved(at)))
        self.versions[number].submitted = True
        self.marked = self.marked or not approved
        newest = number == len(self.versions) - 1
        self.status = status_after(StatementAction.RECORD_PUBLICATION, self.status, newest=newest)

    @rule()
    def publish_the_newest(self) -> None:
        self.publish(0, 0)

    @rule()
    def send_back_what_was_approved(self) -> None:
        self.approve_all()
        self.request_changes()

    @rule(once_in_a_while=st.integers(0, 3))
    def say_what_was_approved_and_withdrawn(self, once_in_a_while: int) -> None:
        if once_in_a_while == 3:
            self.approve_all()
            self.withdraw(9)
            self.publish(0, 0)

    @invariant()
    def what_is_called_approved_was_approved_by_others_as_that_very_version(self) -> None:
        for one in self.said:
            version = self.versions[one.number]
            in_time = [each for each in version.approvals if each.at <= one.at]
            good = [each for each in in_time if not each.people & one.involved]
            slots = {each.slot.value for each in good}
            stopped = [end for end in (version.back_at, self.withdrawn_at) if end is not None and end <= one.at]
            asked = {"public_relations", "legal"} | ({"lead"} if one.major else set())
            assert one.approved == (asked <= slots and not stopped)
            if one.approved:
                behind = [person for each in good for person in {each.person_id, each.on_behalf_of} - {None}]
                assert len(behind) == len(set(behind)), "each approval is other people's"

    @invariant()
    def what_was_not_approved_is_marked(self) -> None:
        assert self.marked == any(not one.approved for one in self.said)
        if self.status is StatementStatus.PUBLISHED:
            of_it = [one for one in self.said if one.number == len(self.versions) - 1]
            assert of_it, "nobody says that what was not said was published"
            assert self.marked or all(one.approved for one in of_it)

    @invariant()
    def approved_is_what_has_all_approvals_of_the_grade_in_force(self) -> None:
        if self.status in (StatementStatus.IN_REVIEW, StatementStatus.APPROVED):
            complete = not self.lacks(self.newest, self.now, major=self.major)
            assert (self.status is StatementStatus.APPROVED) == complete
        if self.status is StatementStatus.DRAFT:
            assert not self.newest.submitted


Life.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
